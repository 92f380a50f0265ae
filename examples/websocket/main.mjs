// A WebSocket stays open for hours: each message is a trace of its own, linked to the connection it came by.

import { once } from 'node:events'
import { context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'
import { WebSocketServer } from 'ws'

configureOpentelemetry({ serviceName: 'websocket-example' })
const tracer = trace.getTracer('chat')

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
await once(server, 'listening')

server.on('connection', (socket, request) => {
  const connection = tracer.startSpan('connection', { kind: SpanKind.SERVER, attributes: { 'url.path': request.url } })
  socket.on('message', (data) => {
    const links = [{ context: connection.spanContext() }]
    context.with(ROOT_CONTEXT, () => {
      tracer.startActiveSpan('message', { kind: SpanKind.CONSUMER, links }, (span) => {
        console.log(traceUrl(span))
        socket.send(String(data).toUpperCase())
        span.end()
      })
    })
  })
  // what is open for hours is seen at its end only
  socket.on('close', () => {
    connection.end()
    server.close()
  })
})

const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/room/1`)
for (const text of ['hello', 'bye']) {
  if (client.readyState !== WebSocket.OPEN) await once(client, 'open')
  client.send(text)
  const [{ data }] = await once(client, 'message')
  console.log(data)
}
client.close()
await once(server, 'close')
await shutdown()
