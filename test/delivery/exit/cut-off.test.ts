/** An end in the middle of a collection of metrics: what is collected is delivered or counted, however far it was encoded. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../../faults/sink.ts'
import { runSource } from '../../support/run-node.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const COUNTERS = 30
const SERIES = 300

test.for<[string, string]>([
  ['process.exit() during a flush', 'forceFlush(); setImmediate(() => setImmediate(() => process.exit(3)))'],
  [
    'process.exit() during the flush of a natural end',
    `process.on('beforeExit', () => setImmediate(() => process.exit(3)))`,
  ],
  [
    'a shutdown that does not wait',
    'forceFlush(); setImmediate(() => shutdown({ timeoutMillis: 0 }).then(() => process.exit(3)))',
  ],
])('%s', async ([, end]) => {
  const { stdout, code } = await runSource(
    'cjs',
    `const { configureOpentelemetry, forceFlush, shutdown } = require('uptrace-node'), { metrics } = require('@opentelemetry/api')
const telemetry = configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', runtimeMetrics: false, delivery: { exitTimeoutMillis: 15_000 } })
for (let one = 0; one < ${COUNTERS}; one++) { const counter = metrics.getMeter('m').createCounter('c' + one); for (let id = 0; id < ${SERIES}; id++) counter.add(1, { id }) }
const { reallyExit } = process
process.reallyExit = (...args) => { require('fs').writeSync(1, JSON.stringify(telemetry.health().signals.metrics)); Reflect.apply(reallyExit, process, args) }
${end}`,
  )
  expect(code).toBe(3)
  const { created, delivered, dropped, queued } = JSON.parse(stdout)
  const lost = Object.values(dropped as Record<string, number>).reduce((sum, count) => sum + count, 0)
  expect({ sum: delivered + lost, queued }).toEqual({ sum: created, queued: 0 })
  if (end.includes('shutdown')) return
  const arrived = sink
    .items('metrics')
    .flatMap(({ name, sum }) =>
      sum.dataPoints.map((point: { attributes: unknown }) => `${name} ${JSON.stringify(point.attributes)}`),
    )
  expect(new Set(arrived.filter((text) => text.startsWith('c'))).size).toBe(COUNTERS * SERIES)
})
