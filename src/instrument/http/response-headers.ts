/** Response headers that tell a caller the trace of its request. */

import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Span } from '@opentelemetry/api'

export type ResponseHeader = 'traceresponse' | 'server-timing' | 'trace-id'

/** A hook of the http instrumentation, which calls it with the response of a server before the application sees the request. */
export function createResponseHook(
  headers: readonly ResponseHeader[],
): (span: Span, response: IncomingMessage | ServerResponse<IncomingMessage> | ClientRequest) => void {
  return (span, response) => {
    // for a client span it is the message that came in, which has no headers to set
    if (!('setHeader' in response) || response.headersSent) return
    const { traceId, spanId, traceFlags } = span.spanContext()
    const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
    for (const header of headers) {
      if (header === 'server-timing') append(response, 'server-timing', `traceparent;desc="${traceparent}"`)
      else response.setHeader(header, header === 'trace-id' ? traceId : traceparent)
    }
  }
}

/** The application may have timings of its own; a later `setHeader` of it wins. */
function append(response: ServerResponse | ClientRequest, name: string, value: string): void {
  const present = response.getHeader(name)
  response.setHeader(name, present === undefined ? value : `${String(present)}, ${value}`)
}
