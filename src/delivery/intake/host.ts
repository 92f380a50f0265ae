/** What those who take telemetry in need of delivery. */
import type { Pipeline } from '../queue/signal-queue.ts'
import type { RunUntraced } from '../run-untraced.ts'
import type { DeliveryOptions } from '../types.ts'

export interface IntakeHost {
  readonly options: DeliveryOptions
  readonly runUntraced: RunUntraced
  flush(pipelines: readonly Pipeline[], timeoutMillis: number): Promise<void>
  /** A provider is being shut down. */
  closing(pipeline: Pipeline): Promise<void>
}
