/** Whether another thread should encode spans: what it costs the main thread to hand them over, beside encoding them where they end. `npm run bench:thread` */
import { Worker } from 'node:worker_threads'
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { createBatcher } from '../src/delivery/intake/batcher.ts'
import { createSampler } from '../src/signals/traces/samplers.ts'
import { createOwnTracerProvider } from '../src/signals/traces/tracer-provider.ts'
import { encodeSpan } from '../src/wire/encode-traces.ts'
import { DEFAULT_REDACTOR } from '../src/wire/redaction/redactor.ts'
import { meanOfQuickest, table } from './tables.ts'

const BATCH = 512
const TURNS = 120
const WARMUP_TURNS = 60
const resource = resourceFromAttributes({ 'service.name': 'bench' })

/** Takes what it is given, and answers so that nothing piles up. */
const RECEIVER = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => parentPort.postMessage(0))`

const spans = finishedSpans()
const plain = spans.map((span) => JSON.parse(JSON.stringify(span)) as object)
const worker = new Worker(RECEIVER, { eval: true })
let request: Buffer = Buffer.alloc(0)
const batcher = createBatcher<ReadableSpan>({
  encode: encodeSpan,
  maxCount: () => BATCH,
  maxBytes: 4e6,
  delayMillis: 1e9,
  resource,
  redactor: DEFAULT_REDACTOR,
  runUntraced: (work) => work(),
  onBatch: (full) => {
    request = full
  },
  onLost: (count) => {
    throw new Error(`${count} spans could not be encoded`)
  },
})
const encode = (): void => {
  for (const span of spans) batcher.add(span)
}
encode()
const bytes = Uint8Array.from(request)

const rows = [
  ['encode here, as spans end', await measure(encode, false)],
  ['hand over finished spans, as plain objects', await measure(() => worker.postMessage(plain), true)],
  ['hand over encoded bytes', await measure(() => worker.postMessage(bytes.slice()), true)],
] as const
await worker.terminate()
console.log(
  `${BATCH} spans at a time, each with its attributes; µs a span, by the quickest quarter of ${TURNS} turns. What the other thread does with them once they are there is not in it.\n`,
)
console.log(
  table(
    ['way', 'on the main thread', 'CPU of both threads'],
    rows.map(([way, { main, total }]) => [way, main.toFixed(2), total.toFixed(2)]),
  ),
)

async function measure(run: () => void, isAnswered: boolean): Promise<{ main: number; total: number }> {
  const main: number[] = []
  const total: number[] = []
  for (let turn = -WARMUP_TURNS; turn < TURNS; turn++) {
    const cpu = process.cpuUsage()
    const start = performance.now()
    run()
    const millis = performance.now() - start
    if (isAnswered) await new Promise((resolve) => worker.once('message', resolve))
    const { user, system } = process.cpuUsage(cpu)
    if (turn < 0) continue
    main.push((millis * 1_000) / BATCH)
    total.push((user + system) / BATCH)
  }
  return { main: meanOfQuickest(main), total: meanOfQuickest(total) }
}

function finishedSpans(): ReadableSpan[] {
  const ended: ReadableSpan[] = []
  const done = async (): Promise<void> => undefined
  const collector = {
    onStart() {},
    onEnd: (span: ReadableSpan) => void ended.push(span),
    forceFlush: done,
    shutdown: done,
  }
  const sampler = createSampler('parentbased_always_on', undefined)
  const provider = createOwnTracerProvider({ resource, sampler, trustsSampler: true, spanProcessors: [collector] })
  const tracer = provider.getTracer('bench')
  for (let index = 0; index < BATCH; index++) {
    const attributes = {
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'url.path': `/users/${index}`,
      'server.address': '127.0.0.1',
      'server.port': 39_000,
      'network.peer.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'bench/1.0',
      'http.route': '/users/:id',
      'http.response.status_code': 200,
    }
    tracer.startSpan('GET /users/:id', { kind: SpanKind.SERVER, attributes }, ROOT_CONTEXT).end()
  }
  return ended
}
