/** Connections through a proxy. Loaded only when the environment names one. */
import type * as Http from 'node:http'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type { TlsOptions } from '../config/destination.ts'

export interface ProxyConnection {
  readonly agent: Http.Agent
  /** Whether the agent tunnels to the target (https); otherwise `request` addresses the proxy (http). */
  readonly isTunnel: boolean
  readonly request: Omit<Http.RequestOptions, 'headers'> & { headers?: Http.OutgoingHttpHeaders }
}

export function connectThroughProxy(proxy: URL, target: URL, tls: TlsOptions | undefined): ProxyConnection {
  if (target.protocol === 'https:' || proxy.protocol === 'https:') {
    // to an http target as well when the proxy itself speaks TLS: the tunnel covers both
    const agent = new HttpsProxyAgent(proxy, { keepAlive: true, ...tls })
    return { agent, isTunnel: true, request: {} }
  }
  const http = process.getBuiltinModule('node:http') as typeof Http
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return {
    agent: new http.Agent({ keepAlive: true, maxSockets: 8 }),
    isTunnel: false,
    request: {
      protocol: 'http:',
      hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || 80,
      path: target.href,
      headers: proxy.username ? { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` } : {},
    },
  }
}
