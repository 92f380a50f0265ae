/** What those who take telemetry in need of delivery. */
import type { Redactor } from '../../wire/redaction/redactor.ts'
import type { Pipeline } from '../queue/signal-queue.ts'
import type { RunUntraced } from '../run-untraced.ts'
import type { HandOver } from '../threads/hand-over.ts'
import type { DeliverySettings } from '../types.ts'

export interface IntakeHost {
  readonly options: DeliverySettings
  readonly runUntraced: RunUntraced
  readonly redactor: Redactor
  /** No longer than this, nor than the limit of whoever has asked for it; 0 means without limit. */
  flush(pipelines: readonly Pipeline[], timeoutMillis: number): Promise<void>
  /** A provider is being shut down. */
  closing(pipeline: Pipeline, timeoutMillis?: number): Promise<void>
  /** Something is to be sent from here on. */
  onUnsent(): void
  /** Hands items to the main thread, which sends them. Undefined in the main thread, and where threads send by themselves. */
  readonly handOver: HandOver | undefined
  /** Whether the process ends and no event loop turns any more. */
  readonly isBlocking: boolean
}
