/** What the wraps of incoming requests work with. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Span, Tracer } from '@opentelemetry/api'
import type { RequestDurations } from './durations.ts'

export interface IncomingOptions {
  readonly tracer: Tracer
  readonly durations: RequestDurations
  readonly isIgnored: (request: IncomingMessage) => boolean
  readonly onResponse: ((span: Span, response: ServerResponse) => void) | undefined
}
