/** ws: upgrades and messages between a client and a server in one process. */
import { expect, test } from 'vitest'
import { seeQuiet } from '../support.ts'
import { parentOf, runWays, spansOf } from '../ways.ts'

const BODY = `
const http = require('http'); const server = http.createServer().listen(0, '127.0.0.1'); await new Promise((r) => server.once('listening', r))
const wss = new Server({ server, path: '/chat', verifyClient: ({ req }) => !req.url.includes('refuse') }); const url = 'ws://127.0.0.1:' + server.address().port
wss.on('connection', (socket, request) => { print(request.url); tracer.startSpan('connected').end(); socket.on('message', (data, isBinary) => { tracer.startSpan('handled').end(); print([String(data), isBinary]); socket.send('answer ' + data) }) })
print([WebSocket.prototype.send.length, Server.prototype.handleUpgrade.length, WebSocket.name, wss.clients.size])
await inSpan('request', async () => {
  const client = new WebSocket(url + '/chat?token=1'); const answers = []; client.onmessage = ({ data }) => answers.push(data)
  await new Promise((r) => client.on('open', r)); client.send('hello'); client.send(Buffer.from('bytes'), (error) => print(error ?? 'sent'))
  while (answers.length < 2) await pause(5); print(answers); client.close(); await new Promise((r) => client.on('close', r))
})
const alone = new WebSocket(url + '/chat'); await new Promise((r) => alone.on('open', r)); alone.send('outside'); await new Promise((r) => alone.once('message', r)); alone.terminate()
try { new WebSocket(url + '/chat').send('early') } catch (error) { print(error.message) }
for (const path of ['/chat?refuse', '/none']) await new Promise((r) => new WebSocket(url + path).on('error', (error) => { print(error.message); r() }))
await pause(30); server.close()
`

test('upgrades and messages have spans, and the program is the same', async () => {
  const libraries = [
    ['WebSocket', 'ws', 'WebSocket'],
    ['Server', 'ws', 'WebSocketServer'],
  ] as const
  for (const seen of (await runWays({ libraries, body: BODY })).values()) {
    const spans = spansOf(seen, 'uptrace-node/ws')
    const upgrades = spans.filter(({ kind }) => kind === 1)
    const [upgrade] = upgrades
    expect(upgrade!.name).toBe('GET /chat')
    expect(upgrade!.attributes).toMatchObject({
      'http.route': '/chat',
      'http.response.status_code': 101,
      'network.protocol.name': 'websocket',
      'url.path': '/chat',
    })
    // the upgrade continues the trace of the client
    expect(parentOf(seen, upgrade!)).toBe('GET')
    const request = seen.spans.find(({ name }) => name === 'request')!
    expect(upgrade!.trace).toBe(request.trace)
    expect(upgrades.map(({ status }) => status.code)).toEqual([0, 0, 0, 2, 2])
    const received = spans.filter(({ name }) => name === 'websocket receive')
    expect(received.every(({ parent }) => parent === undefined)).toBe(true)
    // three of the server, and what the first client hears
    expect(received.length).toBeGreaterThanOrEqual(5)
    expect(received[0]!.attributes).toEqual({ 'websocket.message.type': 'text', 'websocket.message.size': 5 })
    for (const handled of seen.spans.filter(({ name }) => name === 'handled'))
      expect(parentOf(seen, handled)).toBe('websocket receive')
    expect(parentOf(seen, seen.spans.find(({ name }) => name === 'connected')!)).toBe('GET /chat')
    const sent = spans.filter(({ name }) => name === 'websocket send').map((span) => parentOf(seen, span))
    expect(sent.sort()).toEqual(['request', 'request', 'websocket receive', 'websocket receive', 'websocket receive'])
  }
})

test('messages can be left out', async () => {
  const body = `
  const server = new Server({ port: 0 }); const client = new WebSocket('ws://127.0.0.1:' + server.address().port); server.on('connection', (socket) => socket.on('message', () => socket.send('b')))
  await new Promise((r) => client.on('open', r)); client.send('a'); await new Promise((r) => client.once('message', r)); client.terminate(); server.close()`
  const libraries = [
    ['WebSocket', 'ws', 'WebSocket'],
    ['Server', 'ws', 'WebSocketServer'],
  ] as const
  const options = '{ instrumentations: { ws: { messages: false } } }'
  const seen = (await runWays({ libraries, body, options, ways: ['cjs'] })).get('cjs')!
  expect(spansOf(seen, 'uptrace-node/ws').map(({ name }) => name)).toEqual(['GET'])
})

test('the carrier of socket.io has no messages of its own', async () => {
  const body = `
  const http = require('http').createServer().listen(0, '127.0.0.1'); const io = new Server(http); io.on('connection', (socket) => socket.on('ask', (text, answer) => { tracer.startSpan('handled').end(); answer('re ' + text) }))
  await new Promise((r) => setTimeout(r, 20)); const client = connect('http://127.0.0.1:' + http.address().port, { transports: ['websocket'] }); print(await client.emitWithAck('ask', 'one')); print(await client.emitWithAck('ask', 'two')); client.close(); io.close()`
  const libraries = [
    ['Server', 'socket.io', 'Server'],
    ['connect', 'socket.io-client', 'io'],
  ] as const
  for (const seen of (await runWays({ libraries, body })).values()) {
    expect(spansOf(seen, 'uptrace-node/ws').map(({ name }) => name)).toEqual(['GET'])
    const handled = seen.spans.filter(({ name }) => name === 'handled')
    expect(handled.map((span) => parentOf(seen, span))).toEqual(['receive /', 'receive /'])
    // each message is a trace of its own, and does not lengthen that of the connection
    expect(new Set(handled.map(({ trace }) => trace)).size).toBe(2)
    for (const { parent, trace } of handled)
      expect(seen.spans.filter((span) => span.trace === trace && span.parent === undefined)).toMatchObject([
        { id: parent },
      ])
  }
})

test('an upgrade that goes through the router of fastify, as @fastify/websocket has it, is named by the route', async () => {
  const { spans } = await seeQuiet(
    'cjs',
    `configure(); (async () => { const http = require('http'); const app = require('fastify')(); const { WebSocket, WebSocketServer } = require('ws'); const wss = new WebSocketServer({ noServer: true })
    app.server.on('upgrade', (request, socket, head) => { const response = new http.ServerResponse(request); response.assignSocket(socket); request.head = head; app.routing(request, response) })
    app.get('/rooms/:id', (request, reply) => { reply.hijack(); wss.handleUpgrade(request.raw, request.raw.socket, request.raw.head, (socket) => socket.close()) })
    await app.listen({ port: 0, host: '127.0.0.1' }); const client = new WebSocket('ws://127.0.0.1:' + app.server.address().port + '/rooms/7'); await new Promise((r) => client.on('close', r)); await pause(50); process.exit(0) })()`,
  )
  const upgrades = spans.filter(({ kind }) => kind === 1)
  expect(upgrades.map(({ name, attributes }) => [name, attributes['http.route']])).toEqual([
    ['GET /rooms/:id', '/rooms/:id'],
  ])
})

test('a connection that is handed to an app of Express, as express-ws does, is named by the route', async () => {
  const { spans } = await seeQuiet(
    'cjs',
    `configure(); const express = require('express'), http = require('http'), { WebSocket, WebSocketServer } = require('ws')
    const router = express.Router(); router.get('/room/:id/.websocket', ({ ws }) => ws.close())
    const app = express().use('/chat/:tenant', router); const server = http.createServer(app).listen(0, '127.0.0.1', async () => {
      for (const path of ['/chat/acme/room/1', '/none']) await new Promise((resolve) => new WebSocket('ws://127.0.0.1:' + server.address().port + path).on('close', resolve))
      await pause(50); process.exit(0)
    })
    new WebSocketServer({ server }).on('connection', (socket, request) => { request.ws = socket; request.url += '/.websocket'; app.handle(request, new http.ServerResponse(request), () => socket.close()) })`,
  )
  const upgrades = spans.filter(({ kind }) => kind === 1)
  expect(upgrades.map(({ name, attributes }) => [name, attributes['http.route']])).toEqual([
    ['GET /chat/:tenant/room/:id', '/chat/:tenant/room/:id'],
    ['GET', undefined],
  ])
})
