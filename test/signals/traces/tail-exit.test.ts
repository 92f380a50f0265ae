/** What waits for a decision when the process ends is decided then, and delivered. */
import { expect, test } from 'vitest'
import { startSink } from '../../faults/sink.ts'
import { runSource } from '../../support/run-node.ts'

test.for(['process.exit(0)', 'setTimeout(() => {}, 10)', "setImmediate(() => { throw new Error('boom') })"])(
  'the root is open at %s',
  async (end) => {
    const sink = await startSink()
    await runSource(
      'cjs',
      `const { configureOpentelemetry, withSpan } = require('uptrace-node')
configureOpentelemetry({ endpoint: ${JSON.stringify(sink.url)}, metricsEnabled: false, delivery: { exitTimeoutMillis: 15_000 }, keep: { ratio: 1 } })
const root = require('@opentelemetry/api').trace.getTracer('t').startSpan('root')
const { context, trace } = require('@opentelemetry/api')
context.with(trace.setSpan(context.active(), root), () => withSpan('child', () => {}))
${end}`,
    )
    const ids = sink.spanIds().size
    await sink.close()
    expect(ids).toBeGreaterThanOrEqual(1)
  },
)
