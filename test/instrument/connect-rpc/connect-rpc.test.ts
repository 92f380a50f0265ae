/** connect-rpc by its three protocols, over HTTP/1 and HTTP/2. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const BODY = `
const { create, createFileRegistry } = protobuf; const { FileDescriptorSetSchema } = wkt; const { Code, ConnectError, createClient } = connect
const text = [{ name: 'text', number: 1, type: 9, label: 1, jsonName: 'text' }]; const method = (name, more) => ({ name, inputType: '.shop.Text', outputType: '.shop.Text', ...more })
const file = { name: 'shop.proto', package: 'shop', syntax: 'proto3', messageType: [{ name: 'Text', field: text }], service: [{ name: 'Echo', method: [method('Say'), method('Fail'), method('Many', { serverStreaming: true })] }] }
const Echo = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getService('shop.Echo')
const routes = (router) => router.service(Echo, { say: ({ text }) => { tracer.startSpan('handled').end(); return { text: 'hi ' + text } }, fail: ({ text }) => { throw new ConnectError('no', text === 'mine' ? Code.NotFound : Code.Internal) }, many: async function* () { yield { text: 'a' }; yield { text: 'b' } } })
const http1 = require('http').createServer(node.connectNodeAdapter({ routes })).listen(0, '127.0.0.1'); const http2 = require('http2').createServer(node.connectNodeAdapter({ routes })).listen(0, '127.0.0.1'); await pause(20)
const url = (server) => 'http://127.0.0.1:' + server.address().port
const transports = [node.createConnectTransport({ baseUrl: url(http1), httpVersion: '1.1' }), node.createConnectTransport(Object.freeze({ baseUrl: url(http2), httpVersion: '2', interceptors: [(next) => (call) => { print(call.method.name); return next(call) }] })), node.createGrpcTransport({ baseUrl: url(http2) }), node.createGrpcWebTransport({ baseUrl: url(http2), httpVersion: '2' })]
for (const transport of transports) await inSpan('request', async () => {
  const client = createClient(Echo, transport); print((await client.say({ text: 'you' })).text)
  for (const text of ['mine', 'yours']) print(await client.fail({ text }).catch(({ code, rawMessage }) => [code, rawMessage])); const all = []; for await (const { text } of client.many({})) all.push(text); print(all)
})
http1.closeAllConnections(); http1.close(); http2.close()
`
const LIBRARIES = [
  ['protobuf', '@bufbuild/protobuf'],
  ['wkt', '@bufbuild/protobuf/wkt'],
  ['connect', '@connectrpc/connect'],
  ['node', '@connectrpc/connect-node'],
] as const

test('calls have spans, requests are named by procedures, and the program is the same', async () => {
  for (const [way, seen] of await runWays({ libraries: LIBRARIES, body: BODY, ways: ['cjs', 'mjs'] })) {
    const calls = spansOf(seen, 'uptrace-node/connect-rpc')
    const four = [
      ['shop.Echo/Say', 2, 'request', 0, undefined],
      ['shop.Echo/Fail', 2, 'request', 2, 'not_found'],
      ['shop.Echo/Fail', 2, 'request', 2, 'internal'],
      ['shop.Echo/Many', 2, 'request', 0, undefined],
    ]
    expect(
      calls.map((span) => [
        span.name,
        span.kind,
        parentOf(seen, span),
        span.status.code,
        span.attributes['error.type'],
      ]),
    ).toEqual([...four, ...four, ...four, ...four])
    const servers = seen.spans.filter(({ kind }) => kind === 1)
    expect(new Set(servers.map(({ name }) => name))).toEqual(
      new Set(['POST /shop.Echo/Say', 'POST /shop.Echo/Fail', 'POST /shop.Echo/Many']),
    )
    expect({ way, count: servers.length }).toEqual({ way, count: 16 })
    expect(servers[0]!.attributes).toMatchObject({ 'rpc.system.name': 'connectrpc', 'rpc.method': 'shop.Echo/Say' })
    for (const span of servers) expect(parentOf(seen, span)).toBe('POST')
    const traces = seen.spans.filter(({ name }) => name === 'request').map(({ trace }) => trace)
    expect(servers.every(({ trace }) => traces.includes(trace))).toBe(true)
    for (const span of seen.spans.filter(({ name }) => name === 'handled'))
      expect(parentOf(seen, span)).toBe('POST /shop.Echo/Say')
  }
})
