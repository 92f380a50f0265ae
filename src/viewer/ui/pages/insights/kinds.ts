/** The kinds of findings, in the order in which they are offered. */
import type { InsightKind } from '../../../api.ts'

export const KINDS: Readonly<Record<InsightKind, { readonly label: string; readonly why: string }>> = {
  errors: { label: 'Errors', why: 'Failures with the same type, message and place' },
  'n+1': { label: 'N+1', why: 'One call made again and again while one request is served' },
  slow: { label: 'Slow', why: 'Operations slower than they were, or than they usually are' },
  sequential: { label: 'Sequential', why: 'Calls that wait for each other and could run side by side' },
  blocked: { label: 'Blocked loop', why: 'Code that held up the event loop, and what waited for it' },
  unclosed: { label: 'Unclosed', why: 'Spans that were started and never ended' },
  'broken-context': { label: 'Broken context', why: 'Spans that lost the trace they belong to' },
  'high-cardinality': { label: 'High cardinality', why: 'Names that hold data, such as ids' },
  hygiene: { label: 'Hygiene', why: 'Telemetry that is incomplete or wrong' },
}
export const KIND_ORDER = Object.keys(KINDS) as readonly InsightKind[]
