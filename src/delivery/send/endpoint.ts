/** What a connection needs to know of its endpoint. */
import type * as Net from 'node:net'
import type { TlsOptions } from '../../config/destination.ts'

/** Of a TLS connection for HTTP/2. An IP address is no name of a server: Node warns where it is given as one. */
export function secureOptions(host: string, tls: TlsOptions | undefined) {
  const { isIP } = process.getBuiltinModule('node:net') as typeof Net
  return { ...(!isIP(host) && { servername: host }), ...tls, ALPNProtocols: ['h2'] }
}
