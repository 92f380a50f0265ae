/** A back end of the soak: answers at random while it is told to, and remembers every item it has taken. A process of its own, so that it can be stopped. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { constants, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { type OtlpProtocol, SIGNALS, type Signal } from '../../../src/config/destination.ts'
import { type Decoded, decodeRequest, encodeResponse, itemsOf, plain } from '../../wire/proto/otlp.ts'

const protocol = process.argv[2] as OtlpProtocol
/** Shares of requests that are answered badly; the rest is taken and acknowledged. */
const FAULTS = ['refuse', 'refuse', 'reset', 'reset-after', 'hang', 'slow', 'partial', 'garbage', 'goaway'] as const
type Fault = (typeof FAULTS)[number] | 'none'
const HTTP_CODES = [301, 307, 400, 401, 403, 404, 405, 408, 413, 415, 418, 429, 500, 501, 502, 503, 504, 599]
const GRPC_CODES = [1, 2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 77]
const FAULT_SHARE = 0.4

let isRandom = true
/** Of an item, how often it was taken. */
const taken: Record<Signal, Map<string, number>> = { traces: new Map(), metrics: new Map(), logs: new Map() }
const faults: Record<string, number> = {}
let requests = 0

process.on('message', (message) => {
  if (message === 'behave') isRandom = false
  else process.send!({ taken: countTaken(), faults, requests })
})
process.on('disconnect', () => process.exit())

const server = protocol === 'grpc' ? createHttp2Server() : createServer(onRequest)
if (protocol === 'grpc')
  server.on('stream', (stream: ServerHttp2Stream, headers: Decoded) => onStream(stream, headers[':path']))
server.on('session', (session: NodeJS.EventEmitter) => session.on('error', () => {}))
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }))

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)]!
}

function nextFault(): Fault {
  requests++
  const fault = isRandom && Math.random() < FAULT_SHARE ? pick(FAULTS) : 'none'
  faults[fault] = (faults[fault] ?? 0) + 1
  return fault
}

/** @param skip so many items are not taken */
function take(signal: Signal, request: Decoded, skip = 0): void {
  for (const item of itemsOf(signal, request).slice(skip)) {
    const id = String(signal === 'logs' ? plain(item.body) : item.name)
    taken[signal].set(id, (taken[signal].get(id) ?? 0) + 1)
  }
}

function countTaken(): Record<Signal, { distinct: number; twice: number }> {
  const count = (signal: Signal) => ({
    distinct: taken[signal].size,
    twice: [...taken[signal].values()].filter((times) => times > 1).length,
  })
  return Object.fromEntries(SIGNALS.map((signal) => [signal, count(signal)])) as ReturnType<typeof countTaken>
}

async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const fault = nextFault()
  const signal = /\/v1\/(\w+)/.exec(request.url!)![1] as Signal
  request.on('error', () => {})
  if (fault === 'reset') return void request.socket.destroy()
  if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 600))
  const body = await read(request).catch(() => undefined)
  if (!body || fault === 'hang') return
  const reply = (status: number, content: Uint8Array | string = '', headers: Record<string, string> = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/x-protobuf', ...headers }).end(content)
  if (fault === 'refuse') return reply(pick(HTTP_CODES), '', { 'retry-after': pick(['0', '1', 'soon', '-5']) })
  if (fault === 'garbage') return reply(200, '<html>', { 'content-type': 'text/html' })
  const raw = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
  const decoded = protocol === 'http/json' ? JSON.parse(raw.toString('utf8')) : decodeRequest(signal, raw)
  const skip = fault === 'partial' ? Math.min(2, itemsOf(signal, decoded).length) : 0
  take(signal, decoded, skip)
  if (fault === 'reset-after') return void request.socket.destroy()
  if (fault === 'goaway') response.setHeader('connection', 'close')
  reply(200, skip > 0 ? encodeResponse(skip, 'too\nold') : '')
}

async function onStream(stream: ServerHttp2Stream, path: string): Promise<void> {
  const fault = nextFault()
  const signal = SIGNALS.find((name) => path.toLowerCase().includes(`.${name.replace('traces', 'trace')}.`))!
  stream.on('error', () => {})
  if (fault === 'reset') return stream.close(pick([constants.NGHTTP2_REFUSED_STREAM, constants.NGHTTP2_INTERNAL_ERROR]))
  if (fault === 'goaway') stream.session?.goaway(constants.NGHTTP2_NO_ERROR)
  if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 600))
  const body = await read(stream).catch(() => undefined)
  if (!body || fault === 'hang' || stream.destroyed) return
  const reply = (status: number, content: Uint8Array = Buffer.alloc(0)): void => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': 'a%0Atext' }))
    const head = Buffer.alloc(5)
    head.writeUInt32BE(content.length, 1)
    stream.end(Buffer.concat([head, content]))
  }
  if (fault === 'refuse') return reply(pick(GRPC_CODES))
  if (fault === 'garbage') return void stream.respond({ ':status': pick([200, 404, 502]) }, { endStream: true })
  const decoded = decodeRequest(signal, body[0] === 1 ? gunzipSync(body.subarray(5)) : body.subarray(5))
  const skip = fault === 'partial' ? Math.min(2, itemsOf(signal, decoded).length) : 0
  take(signal, decoded, skip)
  if (fault === 'reset-after') return void stream.session?.destroy()
  reply(0, skip > 0 ? encodeResponse(skip, 'too\nold') : undefined)
}

async function read(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}
