/** What those who take telemetry in need of delivery. */
import type { Redactor } from '../../wire/redaction/redactor.ts'
import type { Pipeline } from '../queue/signal-queue.ts'
import type { RunUntraced } from '../run-untraced.ts'
import type { DeliveryOptions } from '../types.ts'

export interface IntakeHost {
  readonly options: DeliveryOptions
  readonly runUntraced: RunUntraced
  readonly redactor: Redactor
  /** No longer than this, nor than the limit of whoever has asked for it; 0 means without limit. */
  flush(pipelines: readonly Pipeline[], timeoutMillis: number): Promise<void>
  /** A provider is being shut down. */
  closing(pipeline: Pipeline, timeoutMillis?: number): Promise<void>
}
