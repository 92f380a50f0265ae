/** Gives the exit worker the trust and the network settings of the process: a new thread knows neither what code has set nor the flags. */
import type * as Dns from 'node:dns'
import type * as Net from 'node:net'
import type * as Tls from 'node:tls'
import type { Destination, TlsOptions } from '../../config/destination.ts'
import type { NetworkSettings } from './protocol.ts'

const builtin = <Module>(name: string): Module => process.getBuiltinModule(name) as Module

/** The destination with all that the process would use for a connection to it. */
export function inheritTrust(destination: Destination): Destination {
  if (!isSecure(destination)) return destination
  const { tls: own } = destination
  const { DEFAULT_CIPHERS, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION, DEFAULT_ECDH_CURVE } = builtin<typeof Tls>('tls')
  const ca = own?.ca === undefined ? trustedCertificates() : undefined
  const tls = {
    ciphers: DEFAULT_CIPHERS,
    ecdhCurve: DEFAULT_ECDH_CURVE,
    minVersion: DEFAULT_MIN_VERSION,
    maxVersion: DEFAULT_MAX_VERSION,
    ...(process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0' && { rejectUnauthorized: false }),
    ...(ca && { ca }),
    ...own,
  } as TlsOptions
  return { ...destination, tls }
}

export function networkSettings(): NetworkSettings {
  const net = builtin<typeof Net>('net')
  return {
    autoSelectFamily: net.getDefaultAutoSelectFamily(),
    autoSelectFamilyAttemptTimeout: net.getDefaultAutoSelectFamilyAttemptTimeout(),
    dnsResultOrder: builtin<typeof Dns>('dns').getDefaultResultOrder() as NetworkSettings['dnsResultOrder'],
  }
}

const isSecure = ({ url }: Destination): boolean => url.startsWith('https:')

const usesOpenSslStore = (): boolean =>
  [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flags) => flags.includes('--use-openssl-ca'))

/** Undefined when they are those which a new thread trusts as well: to read them all again costs it some 25 ms. */
function trustedCertificates(): string[] | undefined {
  const { getCACertificates } = builtin<Partial<typeof Tls>>('tls')
  // Node.js before 22.15 has no more than the flags
  // and the store of OpenSSL, which holds for all threads, is not in the list
  if (!getCACertificates || usesOpenSslStore()) return undefined
  const trusted = getCACertificates('default')
  const usual = new Set([...getCACertificates('bundled'), ...getCACertificates('extra')])
  const isUsual = trusted.length === usual.size && trusted.every((certificate) => usual.has(certificate))
  return isUsual ? undefined : trusted
}
