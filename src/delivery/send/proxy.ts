/** Connections through a proxy. Loaded only when the environment names one. */
import type * as Http from 'node:http'
import type { Socket } from 'node:net'
import type * as Tls from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type { TlsOptions } from '../../config/destination.ts'
import { connectingAsNode } from '../../node-connections.ts'
import { hostOf, portOf } from '../../url-host.ts'
import { secureOptions } from './endpoint.ts'
import { MAX_SOCKETS } from './limits.ts'
import { ProxyError } from './outcome.ts'

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
    // otherwise it looks for `https.request` among the callers
    agent.protocol = target.protocol
    return { agent: connectingAsNode(agent, 'connect'), isTunnel: true, request: {} }
  }
  const http = process.getBuiltinModule('node:http') as typeof Http
  const agent = new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS })
  return {
    agent: connectingAsNode(agent, 'createConnection'),
    isTunnel: false,
    request: {
      protocol: 'http:',
      hostname: hostOf(proxy),
      port: portOf(proxy),
      path: target.href,
      headers: authorization(proxy),
    },
  }
}

/** A connection to the target that runs through the proxy, for protocols which bring their own client. */
export function openTunnelThroughProxy(proxy: URL, target: URL, tls: TlsOptions | undefined): Promise<Socket> {
  const { request } = process.getBuiltinModule(proxy.protocol === 'https:' ? 'node:https' : 'node:http') as typeof Http
  const authority = `${target.hostname}:${portOf(target)}`
  return new Promise((resolve, reject) => {
    const connect = request({
      method: 'CONNECT',
      hostname: hostOf(proxy),
      port: portOf(proxy),
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
    })
    connect.on('error', (error) => reject(new ProxyError(undefined, error)))
    connect.on('socket', (socket) => socket.unref())
    connect.on('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy()
        reject(new ProxyError(response.statusCode))
      } else if (target.protocol === 'https:') {
        const { connect: secure } = process.getBuiltinModule('node:tls') as typeof Tls
        const secured = secure({ ...secureOptions(hostOf(target), tls), socket })
        secured.once('secureConnect', () => resolve(secured))
        secured.once('error', reject)
      } else resolve(socket)
    })
    connect.end()
  })
}

function authorization(proxy: URL): Http.OutgoingHttpHeaders {
  if (!proxy.username) return {}
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
}
