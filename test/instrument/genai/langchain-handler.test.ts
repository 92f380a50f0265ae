/** What the handler of LangChain keeps of runs that never end. */
import { trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import type { Tracing } from '../../../src/instrument/define.ts'
import { createHandler } from '../../../src/instrument/langchain/handler.ts'

interface Handler {
  handleChainStart(chain: object, inputs: object, runId: string, parentRunId?: string): void
}

test('inner chains that never end do not pile up', () => {
  let begun = 0
  const startSpan = () => {
    begun++
    return trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 })
  }
  const handler = createHandler({ isEnabled: () => true, startSpan, settings: {} } as Tracing) as Handler
  handler.handleChainStart({}, {}, 'outer')
  for (let inner = 0; inner < 9_999; inner++) handler.handleChainStart({}, {}, `inner ${inner}`, 'outer')
  expect(begun).toBe(1)
  handler.handleChainStart({}, {}, 'one more', 'outer')
  // the oldest was forgotten, so that what is below it begins anew
  handler.handleChainStart({}, {}, 'another', 'outer')
  expect(begun).toBe(2)
})
