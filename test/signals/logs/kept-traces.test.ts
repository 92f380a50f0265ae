/** Log records wait for the decision about their trace, in bounded memory. */
import { TraceFlags } from '@opentelemetry/api'
import type { ReadWriteLogRecord } from '@opentelemetry/sdk-logs'
import { expect, test } from 'vitest'
import { createKeptTraceProcessor } from '../../../src/signals/logs/kept-traces.ts'
import { createFates } from '../../../src/signals/traces/fates.ts'

const none = async (): Promise<void> => {}

test.for([
  ['long bodies', 40, { body: 'x'.repeat(1_000_000) }, 16],
  ['long attributes', 40, { attributes: { a: { b: ['x'.repeat(1_000_000)] } } }, 16],
  ['many records', 12_000, { body: 'x' }, 10_000],
] as const)('of %s no more than the limit wait, the oldest go first', ([, count, more, held]) => {
  const fates = { ...createFates(), fateOf: () => 'open' as const }
  const passed: unknown[] = []
  const processor = createKeptTraceProcessor(fates, {
    onEmit: ({ eventName }) => void passed.push(eventName),
    ...{ forceFlush: none, shutdown: none },
  })
  const idOf = (index: number): string => index.toString(16).padStart(32, '0')
  for (let index = 0; index < count; index++) {
    const spanContext = { traceId: idOf(index), spanId: '1'.repeat(16), traceFlags: TraceFlags.SAMPLED }
    processor.onEmit({ spanContext, eventName: index, attributes: {}, ...more } as unknown as ReadWriteLogRecord)
  }
  expect(passed).toEqual(Array.from({ length: count - held }, (_, index) => index))
  for (let index = count - held; index < count; index++) fates.onDecided(idOf(index), index % 2 === 0)
  expect(passed).toHaveLength(count - held + held / 2)
})
