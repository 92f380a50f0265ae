/** What is decided about the places that telemetry goes to. */
import type { IdGenerator } from '@opentelemetry/sdk-trace'
import type { Site } from './backends/site.ts'
import type { Destination } from './destination.ts'
import type { Dsn } from './dsn.ts'
import type { PropagatorName } from './options.ts'

/** Where telemetry goes, and why nowhere when that is so. */
export interface ResolvedDestinations {
  readonly dsns: readonly Dsn[]
  readonly destinations: readonly Destination[]
  /** Whether code or `UPTRACE_BACKEND` named the places, which `OTEL_*_EXPORTER` then does not choose among. */
  readonly isNamed: boolean
  /** The viewer on this machine, when telemetry goes there. */
  readonly localViewer?: Dsn | undefined
  /** Where the places show traces, in their order. */
  readonly sites?: readonly Site[]
  /** Whether telemetry is printed, as a back end asks. */
  readonly isPrinted?: boolean
  /** Set where metrics can be fetched. */
  readonly scrape?: ScrapeOptions | undefined
  readonly propagators?: readonly PropagatorName[] | undefined
  readonly idGenerator?: IdGenerator | 'xray' | undefined
  /** One line for the user when nothing can be sent. */
  readonly problem: string | undefined
}

/** Where metrics can be fetched; what is left out is for the environment to say. */
export interface ScrapeOptions {
  readonly host?: string
  readonly port?: number
}

/** Gives the DSN of the local viewer, which it starts if need be, or why there is none. */
export type FindLocalViewer = () => { readonly dsn: string } | { readonly refused: string }
