/** A query on its way, and its end. */
import type { Context, Span } from '@opentelemetry/api'
import { performance } from '../../timers.ts'
import type { Target } from '../db/target.ts'
import { failSpan } from './tracing.ts'

export interface QueryCall {
  readonly span: Span
  /** Of who asked. */
  readonly context: Context
  readonly target: Target
  readonly operation: string | undefined
  readonly startMillis: number
  isDone: boolean
}

export function endQuery(call: QueryCall, error: unknown): void {
  if (call.isDone) return
  call.isDone = true
  const { span, target, operation, startMillis } = call
  const errorType = error ? failSpan(span, error) : undefined
  span.end()
  target.record((performance.now() - startMillis) / 1_000, operation, errorType, span)
}
