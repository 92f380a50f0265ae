/** Operations of databases: durations name their span, and no statement of the application keeps a query from running. */
import { ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { createOperations } from '../../../src/instrument/db/operations.ts'
import type { Tracing } from '../../../src/instrument/define.ts'

const scope = { name: 'test', version: '1' }
const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })
const tracing = { isEnabled: () => true, startSpan: () => span, settings: {} } as Tracing

function start() {
  const recorded: Array<Span | undefined> = []
  const series = { record: (_seconds: number, of?: Span) => void recorded.push(of) }
  const operations = createOperations(() => ({ 'db.system.name': 'sqlite' }))
  const durationMetrics = { histogram: () => ({ series: () => series }) }
  operations.useMeters(undefined as never, scope, { durationMetrics })
  return { operations, recorded }
}

test('a duration is recorded with its span, which exemplars need', () => {
  const { operations, recorded } = start()
  for (const error of [undefined, new Error('no')])
    operations.end(operations.start(tracing, ROOT_CONTEXT, () => 'SELECT 1')!, error)
  expect(recorded).toEqual([span, span])
})

test('a text that cannot be built means no span, and nothing more', () => {
  const { operations } = start()
  const text = (): string => {
    throw new Error('a getter of the application')
  }
  expect(operations.start(tracing, ROOT_CONTEXT, text)).toBeUndefined()
})
