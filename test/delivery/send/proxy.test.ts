/** The environment's proxy is used as curl would use it. */
import { createServer, request as forward, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findProxy } from '../../../src/delivery/send/proxy-environment.ts'
import { type Sink, startSink } from '../../faults/sink.ts'
import { createTls } from '../../faults/tls.ts'
import { assertBalanced, startDelivery } from '../support.ts'

describe('finding the proxy', () => {
  const proxy = 'http://proxy.test:3128'
  test.for<[title: string, url: string, env: Record<string, string>, found: boolean]>([
    ['none without a variable', 'https://api.test/', {}, false],
    ['https_proxy for https', 'https://api.test/', { https_proxy: proxy }, true],
    ['not https_proxy for http', 'http://api.test/', { https_proxy: proxy }, false],
    ['HTTP_PROXY for http', 'http://api.test/', { HTTP_PROXY: proxy }, true],
    ['all_proxy for both', 'http://api.test/', { ALL_PROXY: proxy }, true],
    ['a proxy without a scheme', 'http://api.test/', { http_proxy: 'proxy.test:3128' }, true],
    ['an empty variable', 'http://api.test/', { http_proxy: '' }, false],
    ['a proxy that is no URL', 'http://api.test/', { http_proxy: 'http://' }, false],
    ['socks, which we do not speak', 'http://api.test/', { http_proxy: 'socks5://proxy.test:1' }, false],
    ['loopback too, unless exempt', 'http://127.0.0.1:4318/', { http_proxy: proxy }, true],
    ['exempt: the host', 'http://localhost:4318/', { http_proxy: proxy, no_proxy: 'localhost,127.0.0.1' }, false],
    ['exempt: a subdomain', 'https://a.api.test/', { https_proxy: proxy, NO_PROXY: 'api.test' }, false],
    ['exempt: a leading dot', 'https://a.api.test/', { https_proxy: proxy, NO_PROXY: '.api.test' }, false],
    ['exempt: everything', 'https://api.test/', { https_proxy: proxy, NO_PROXY: '*' }, false],
    ['exempt: host and port', 'https://api.test/', { https_proxy: proxy, NO_PROXY: 'api.test:443' }, false],
    ['not exempt: another port', 'https://api.test/', { https_proxy: proxy, NO_PROXY: 'api.test:8443' }, true],
    ['not exempt: a longer name', 'https://myapi.test/', { https_proxy: proxy, NO_PROXY: 'api.test' }, true],
    ['exempt: a subnet', 'http://10.1.2.3/', { http_proxy: proxy, NO_PROXY: '10.0.0.0/8' }, false],
    ['exempt: IPv6', 'http://[::1]:4318/', { http_proxy: proxy, NO_PROXY: '[::1]' }, false],
  ])('%s', ([, url, env, found]) => {
    expect(findProxy(new URL(url), env)?.host).toBe(found ? 'proxy.test:3128' : undefined)
  })
})

describe('through a proxy', () => {
  const seen: Array<{ method: string; target: string; authorization: string | undefined }> = []
  let proxy: Server
  let sink: Sink | undefined
  const variables = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY']
  const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]))

  beforeEach(async () => {
    seen.length = 0
    proxy = createServer((request, response) => {
      note(request)
      const onward = forward(request.url!, { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(response)
      })
      request.pipe(onward)
    })
    proxy.on('connect', (request, client) => {
      note(request)
      const [host, port] = request.url!.split(':') as [string, string]
      const onward = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n')
        onward.pipe(client).pipe(onward)
      })
      for (const socket of [onward, client]) socket.on('error', () => {})
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    for (const name of variables) delete process.env[name]
    process.env.http_proxy =
      process.env.https_proxy = `http://user:p%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    for (const name of variables) {
      delete process.env[name]
      if (before[name] !== undefined) process.env[name] = before[name]
    }
    proxy.closeAllConnections()
    proxy.close()
    await sink?.close()
  })

  function note({ method, url, headers }: IncomingMessage): void {
    seen.push({ method: method!, target: url!, authorization: headers['proxy-authorization'] })
  }
  const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`

  test('http goes as a request for the full address', async () => {
    sink = await startSink()
    const { delivery, createSpans } = startDelivery([sink.destination('traces')])
    createSpans(5)
    await delivery.forceFlush()
    expect(seen).toEqual([{ method: 'POST', target: `${sink.url}/v1/traces`, authorization }])
    expect(sink.requests[0]!.headers['uptrace-dsn']).toBeDefined()
    expect(assertBalanced(delivery.health()).delivered).toBe(5)
    await delivery.shutdown()
  })

  test('https goes through a tunnel, so that the proxy sees no token', async () => {
    const tls = createTls()
    sink = await startSink({ tls })
    const { delivery, createSpans } = startDelivery([sink.destination('traces', { tls: { ca: tls.ca } })])
    createSpans(5)
    await delivery.forceFlush()
    expect(seen).toEqual([{ method: 'CONNECT', target: `127.0.0.1:${sink.port}`, authorization }])
    expect(assertBalanced(delivery.health()).delivered).toBe(5)
    await delivery.shutdown()
  })

  test('an exempt host is reached directly', async () => {
    process.env.no_proxy = '127.0.0.1'
    sink = await startSink()
    const { delivery, createSpans } = startDelivery([sink.destination('traces')])
    createSpans(5)
    await delivery.forceFlush()
    expect(seen).toEqual([])
    expect(assertBalanced(delivery.health()).delivered).toBe(5)
    await delivery.shutdown()
  })
})
