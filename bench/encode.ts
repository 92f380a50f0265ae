/** What a span costs from its start to its encoded bytes, and a finished one to encode and compress: ours beside the stock tracer and serializer. `npm run bench:encode` */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type TracerProvider as ApiTracerProvider, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace'
import { type Batcher, createBatcher } from '../src/delivery/intake/batcher.ts'
import { compress } from '../src/delivery/queue/compress.ts'
import { createSampler } from '../src/signals/traces/samplers.ts'
import { createOwnTracerProvider } from '../src/signals/traces/tracer-provider.ts'
import { recycle } from '../src/wire/encode-request.ts'
import { encodeSpan } from '../src/wire/encode-traces.ts'
import { DEFAULT_REDACTOR } from '../src/wire/redaction/redactor.ts'
import { ARMS, OURS } from './arms.ts'
import { meanOfQuickest, table } from './tables.ts'

/** Spans in a batch: the default of the specification. */
const BATCH = 512
/** In a turn of a side. */
const BATCHES = 20
const TURNS = 40
const ROUNDS = 3
/** Not counted. */
const WARMUP_TURNS = 20

export interface Encoding {
  /** CPU of a span from its start to encoded bytes, not compressed. */
  readonly lifeMicros: number
  /** CPU of a span, with that of the thread that compresses. */
  readonly micros: number
  /** Of a span, compressed. */
  readonly bytes: number
}

const SIDES = ['ours', 'stock'] as const
type Side = (typeof SIDES)[number]
export type EncodeResults = Readonly<Record<Side, Encoding>>

/** Encodes and compresses one batch. @returns bytes */
type Encode = (batch: ReadableSpan[]) => Promise<number>

/** What a process of a side answers. */
interface Turns {
  readonly lifeMicros: number[]
  readonly micros: number[]
  readonly bytes: number
}

const resource = resourceFromAttributes({ 'service.name': 'bench' })
const gzipAsStock = promisify(gzip)

/** Each side in processes of its own, since garbage of one would be collected in the turns of the other. */
export async function measureEncoding(): Promise<EncodeResults> {
  const turns: Record<Side, Turns[]> = { ours: [], stock: [] }
  for (let round = 0; round < ROUNDS; round++)
    for (const side of SIDES) {
      const [answer] = (await once(fork(import.meta.filename, [side]), 'message')) as [Turns]
      turns[side].push(answer)
    }
  const resultOf = (side: Side): Encoding => ({
    lifeMicros: meanOfQuickest(turns[side].flatMap(({ lifeMicros }) => lifeMicros)),
    micros: meanOfQuickest(turns[side].flatMap(({ micros }) => micros)),
    bytes: turns[side][0]!.bytes,
  })
  return { ours: resultOf('ours'), stock: resultOf('stock') }
}

/** Both sides make the spans that the express program gives, and the same batches. */
async function takeTurns(side: Side): Promise<Turns> {
  const lifeMicros = await measure(createLife(side))
  // no more of them: spans that have just ended need not be fetched from memory
  const spans = finishedSpans(side, BATCH)
  const encode = side === 'ours' ? createOurs() : encodeAsStock
  let bytes = 0
  const micros = await measure(async () => {
    bytes = await encode(spans)
  })
  return { lifeMicros, micros, bytes: bytes / BATCH }
}

/** @returns the CPU of a span, by turn */
async function measure(runBatch: () => void | Promise<void>): Promise<number[]> {
  const micros: number[] = []
  for (let turn = -WARMUP_TURNS; turn < TURNS; turn++) {
    const before = process.cpuUsage()
    for (let index = 0; index < BATCHES; index++) await runBatch()
    const { user, system } = process.cpuUsage(before)
    if (turn >= 0) micros.push((user + system) / (BATCH * BATCHES))
  }
  return micros
}

/** A batch of spans is started, ended and encoded: ours as each ends, stock when the batch is full. */
function createLife(side: Side): () => void {
  let batch: ReadableSpan[] = []
  const batcher = createRequests(recycle)
  const provider = createProvider(side, (span) => {
    if (side === 'ours') batcher.add(span)
    else if (batch.push(span) === BATCH) {
      ProtobufTraceSerializer.serializeRequest(batch)
      batch = []
    }
  })
  return () => useRequests(provider, BATCH / 2)
}

/** As delivery does: each span is encoded when it ends, and a full batch becomes a request. */
function createOurs(): Encode {
  let request: Buffer | undefined
  const batcher = createRequests((full) => {
    request = full
  })
  return async (batch) => {
    for (const span of batch) batcher.add(span)
    const body = await compress(request!, 'gzip')
    recycle(request!)
    return body.length
  }
}

async function encodeAsStock(batch: ReadableSpan[]): Promise<number> {
  return (await gzipAsStock(ProtobufTraceSerializer.serializeRequest(batch)!)).length
}

/** Encodes spans as they end; a request is made of each full batch. */
export function createRequests(onBatch: (request: Buffer) => void): Batcher<ReadableSpan> {
  return createBatcher<ReadableSpan>({
    encode: encodeSpan,
    maxCount: () => BATCH,
    maxBytes: 4e6,
    delayMillis: 1e9,
    resource,
    redactor: DEFAULT_REDACTOR,
    runUntraced: (work) => work(),
    onBatch,
    onLost: (count) => {
      throw new Error(`${count} spans could not be encoded`)
    },
  })
}

function createProvider(side: Side, onEnd: (span: ReadableSpan) => void): ApiTracerProvider {
  const done = async (): Promise<void> => undefined
  const spanProcessors = [{ onStart() {}, onEnd, forceFlush: done, shutdown: done }]
  const sampler = createSampler('parentbased_always_on', undefined)
  return side === 'ours'
    ? createOwnTracerProvider({ resource, sampler, trustsSampler: true, spanProcessors })
    : new TracerProvider({ resource, spanProcessors })
}

/** Spans of requests of the express program. */
export function finishedSpans(side: Side, count: number): ReadableSpan[] {
  const spans: ReadableSpan[] = []
  useRequests(
    createProvider(side, (span) => spans.push(span)),
    count / 2,
  )
  return spans
}

/** Requests of the express program: a server span, and that of its handler. */
function useRequests(provider: ApiTracerProvider, count: number): void {
  const http = provider.getTracer('@opentelemetry/instrumentation-http', '0.301.1')
  const express = provider.getTracer('@opentelemetry/instrumentation-express', '0.70.0')
  for (let index = 0; index < count; index++) {
    const server = http.startSpan('GET', {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': 'GET',
        'url.scheme': 'http',
        'url.path': `/users/${index % 1_000}`,
        'server.address': '127.0.0.1',
        'server.port': 39_000,
        'client.address': '127.0.0.1',
        'network.peer.address': '127.0.0.1',
        'network.peer.port': 40_000 + (index % 32),
        'network.protocol.version': '1.1',
        'user_agent.original': 'bench/1.0',
      },
    })
    const attributes = { 'http.route': '/users/:id', 'express.name': '/users/:id', 'express.type': 'request_handler' }
    express.startSpan('request handler - /users/:id', { attributes }, trace.setSpan(ROOT_CONTEXT, server)).end()
    server.setAttribute('http.response.status_code', 200)
    server.setAttribute('http.route', '/users/:id')
    server.updateName('GET /users/:id')
    server.end()
  }
}

export function describeEncoding({ ours, stock }: EncodeResults): string {
  const row = (title: string, { lifeMicros, micros, bytes }: Encoding): string[] => [
    title,
    ...[lifeMicros, micros].map((value) => value.toFixed(2)),
    bytes.toFixed(1),
  ]
  return [
    `Two spans a request with 15 attributes, as the express program gives them: the same ${BATCH} again and again in batches of that size, so that they are in the cache as spans that have just ended are (spans that come from memory cost both sides more, and ours a larger share of stock's). With gzip on both sides (the stock exporter's default is none). CPU of the process with the thread that compresses, by the quickest quarter of ${TURNS * ROUNDS} turns. Encoding and compressing ours takes ${(ours.micros / stock.micros).toFixed(2)} of the stock serializer's; a span from its start to encoded bytes, not compressed, ${(ours.lifeMicros / stock.lifeMicros).toFixed(2)} of stock's.`,
    table(
      ['arm', 'µs CPU a span, start to encoded', 'encode and compress', 'bytes a span'],
      [row(ARMS[OURS]!.title, ours), row(`${ARMS['opentelemetry']!.title}, gzip`, stock)],
    ),
  ].join('\n\n')
}

const role = SIDES.find((side) => side === process.argv[2])
if (role) process.send!(await takeTurns(role), () => process.exit())
else if (import.meta.main) console.log(describeEncoding(await measureEncoding()))
