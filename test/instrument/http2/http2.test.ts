/** node:http2: both APIs of servers, sessions of clients, and what ends before its time. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const BODY = `
const read = (stream) => new Promise((resolve) => { let text = ''; let status; stream.on('response', (headers) => { status = headers[':status'] }).setEncoding('utf8').on('data', (part) => { text += part }).on('error', (error) => resolve(error.code)).on('close', () => resolve([status, text])) })
const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve('http://127.0.0.1:' + server.address().port)))
const core = http2.createServer(); core.on('stream', (stream, headers) => { stream.on('error', () => {}); tracer.startSpan('handled').end(); if (headers[':path'] === '/reset') return stream.close(2); if (headers[':path'] === '/hang') return; stream.respond({ ':status': headers[':path'] === '/bad' ? 500 : 200 }); stream.end('core ' + headers[':path']) })
const compat = http2.createServer((request, response) => { tracer.startSpan('compat').end(); response.writeHead(201); response.end('compat ' + request.url) })
const [a, b] = [await listen(core), await listen(compat)]
await inSpan('request', async () => {
  const session = http2.connect(a); const headers = Object.freeze({ ':path': '/one?sig=secret', traceparent: '00-00000000000000000000000000000001-0000000000000001-01' })
  print(await read(session.request(headers))); print(Object.keys(headers)); print(await read(session.request({ ':path': '/bad' }))); print(await read(session.request({ ':path': '/reset' })))
  const hanging = session.request({ ':path': '/hang' }); setTimeout(() => hanging.close(http2.constants.NGHTTP2_CANCEL), 20); print(await read(hanging))
  print(await read(session.request({ ':path': '/health' }))); try { session.request({ 'bad header': 'x' }) } catch (error) { print(error.code) } session.close()
  const other = http2.connect(b); print(await read(other.request({ ':method': 'POST', ':path': '/two' }).end('x'))); other.close()
  const none = http2.connect('http://127.0.0.1:3'); none.on('error', () => {}); print(await read(none.request({ ':path': '/' })))
})
print(http2.connect.length); core.close(); compat.close()
`

test('requests and streams have spans, and the program is the same', async () => {
  for (const [way, seen] of await runWays({ libraries: [['http2', 'node:http2']], body: BODY })) {
    const spans = spansOf(seen, 'uptrace-node/http2')
    const trace = seen.spans.find(({ name }) => name === 'request')!.trace
    expect({ way, others: spans.filter((span) => span.trace !== trace) }).toEqual({ way, others: [] })
    const clients = spans.filter(({ kind }) => kind === 2)
    expect(
      clients.map(({ name, status, attributes }) => [name, status.code, attributes['http.response.status_code']]),
    ).toEqual([
      ['GET', 0, 200],
      ['GET', 2, 500],
      ['GET', 2, undefined],
      ['GET', 0, undefined],
      ['GET', 0, 200],
      ['GET', 2, undefined],
      ['POST', 0, 201],
      ['GET', 2, undefined],
    ])
    expect(clients[0]!.attributes['url.full']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/one\?sig=REDACTED$/)
    const servers = spans.filter(({ kind }) => kind === 1)
    expect(servers.map((span) => [span.name, parentOf(seen, span), span.status.code])).toEqual([
      ['GET', 'GET', 0],
      ['GET', 'GET', 2],
      ['GET', 'GET', 2],
      ['GET', 'GET', 2],
      ['POST', 'POST', 0],
    ])
    expect(servers[0]!.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'network.protocol.version': '2',
      'url.path': '/one',
      'url.query': 'sig=REDACTED',
      'server.address': '127.0.0.1',
    })
    for (const inner of seen.spans.filter(({ name }) => name === 'compat')) expect(parentOf(seen, inner)).toBe('POST')
    const handled = seen.spans.filter(({ name }) => name === 'handled')
    expect(handled.map((span) => parentOf(seen, span))).toEqual(['GET', 'GET', 'GET', 'GET', undefined])
    expect(JSON.stringify(spans)).not.toContain('secret')
  }
})

test('gRPC has its own spans, and none of http2', async () => {
  const body = `
  const proto = { say: { path: '/shop.Echo/Say', requestStream: false, responseStream: false, requestSerialize: (t) => Buffer.from(t), requestDeserialize: String, responseSerialize: (t) => Buffer.from(t), responseDeserialize: String } }
  const server = new grpc.Server(); server.addService(proto, { say: (call, done) => done(null, 'hi ' + call.request) }); const port = await new Promise((resolve) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => resolve(port)))
  const Client = grpc.makeGenericClientConstructor(proto, 'Echo'); const client = new Client('127.0.0.1:' + port, grpc.credentials.createInsecure()); await new Promise((resolve) => client.say('you', (error, text) => { print(text); resolve() })); client.close(); server.forceShutdown()`
  const libraries = [
    ['http2', 'node:http2'],
    ['grpc', '@grpc/grpc-js'],
  ] as const
  const seen = (await runWays({ libraries, body, ways: ['cjs'] })).get('cjs')!
  expect(seen.spans.map(({ scope, kind }) => [scope, kind])).toEqual([
    ['grpc', 1],
    ['grpc', 2],
  ])
})
