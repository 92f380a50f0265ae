/** What the checks of development have in common. */
import type { Context } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/** One thing that may be wrong. */
export interface Check {
  onStart?(span: ReadableSpan, parent: Context): void
  onEnd?(span: ReadableSpan): void
  stop?(): void
}

/** Says a line of a check; a line about the same is not said again. */
export type Say = (subject: string, line: string) => void
