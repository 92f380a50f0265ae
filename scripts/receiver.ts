/** A minimal OTLP/HTTP receiver: tells its parent its port, prints each trace as a tree with its address, ends when told. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { type Decoded, decodeRequest, itemsOf } from '../test/wire/proto/otlp.ts'

const traces = new Map<string, Decoded[]>()
const counts = { metrics: 0, logs: 0 }

const server = createServer(async (request, response) => {
  const body = await readBody(request)
  if (request.url === '/v1/traces') {
    for (const span of itemsOf('traces', decodeRequest('traces', body)))
      traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span])
  }
  if (request.url === '/v1/metrics') counts.metrics += itemsOf('metrics', decodeRequest('metrics', body)).length
  if (request.url === '/v1/logs') counts.logs += itemsOf('logs', decodeRequest('logs', body)).length
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

process.on('message', () => {
  const { port } = server.address() as AddressInfo
  for (const [traceId, spans] of traces) print(traceId, spans, port)
  console.log(`\nand ${counts.metrics} metrics, ${counts.logs} log records`)
  process.exit()
})

function print(traceId: string, spans: Decoded[], port: number): void {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const roots = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId))
  console.log(`\ntrace ${traceId}`)
  for (const root of roots) printTree(root, spans, '')
  console.log(`http://localhost:${port}/traces/${traceId}?span_id=${roots[0].spanId}`)
}

function printTree(span: Decoded, spans: Decoded[], indent: string): void {
  const millis = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6
  const status = span.status?.code === 2 ? `  ERROR${span.status.message ? `: ${span.status.message}` : ''}` : ''
  console.log(`${indent}${indent ? '└─ ' : ''}${span.name}  ${millis.toFixed(2)} ms${status}`)
  for (const event of span.events ?? []) console.log(`${indent}   · ${event.name}`)
  for (const child of spans.filter(({ parentSpanId }) => parentSpanId === span.spanId))
    printTree(child, spans, `${indent}  `)
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}
