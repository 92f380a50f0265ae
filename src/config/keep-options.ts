/** The option `keep`: which traces are kept once they are known. */
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/** What is kept. A trace that meets none of the first three is an ordinary one, of which `ratio` and `perSecond` keep some. */
export interface KeepOptions {
  /** Traces with a span whose status is Error. @default false — env `UPTRACE_KEEP_ERRORS` */
  errors?: boolean
  /** Traces whose local root took longer. @default none — env `UPTRACE_KEEP_SLOWER_THAN` */
  slowerThanMillis?: number
  /** Traces with a span for which this is true. It is asked when a span ends. */
  when?: (span: ReadableSpan) => boolean
  /** This share of the ordinary traces, by trace id. @default 1 with `perSecond`, else 0 — env `UPTRACE_KEEP_RATIO` */
  ratio?: number
  /** At most so many ordinary traces a second. @default no limit — env `UPTRACE_KEEP_PER_SECOND` */
  perSecond?: number
  /** A trace whose local root has not ended by then is decided by what is there. @default 30_000 — env `UPTRACE_KEEP_WAIT` */
  waitMillis?: number
  /** What may wait for a decision; above it the oldest trace is decided by what is there. @default 16 MiB — env `UPTRACE_KEEP_BUFFER_LIMIT` */
  bufferLimitBytes?: number
}
