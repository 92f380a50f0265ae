/** Whether another thread should encode spans: what it costs the main thread to hand them over, beside encoding them where they end. `npm run bench:thread` */
import { Worker } from 'node:worker_threads'
import { createRequests, finishedSpans } from './encode.ts'
import { meanOfQuickest, table } from './tables.ts'

const BATCH = 512
const TURNS = 120
const WARMUP_TURNS = 60

/** Takes what it is given, and answers so that nothing piles up. */
const RECEIVER = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => parentPort.postMessage(0))`

const spans = finishedSpans('ours', BATCH)
const plain = spans.map((span) => JSON.parse(JSON.stringify(span)) as object)
const worker = new Worker(RECEIVER, { eval: true })
let bytes = new Uint8Array()
const batcher = createRequests((request) => {
  if (bytes.length === 0) bytes = Uint8Array.from(request)
})
const encode = (): void => {
  for (const span of spans) batcher.add(span)
}
encode()

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
