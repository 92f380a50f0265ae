/** Cuts traces into requests: what a service did for one incoming call, message or job. */
import type { SpanRow, TraceDetail } from '../api.ts'
import { isQuery } from '../testing/checks.ts'

export interface Request {
  readonly traceId: string
  /** Name of its first span, such as `GET /orders/:id`. */
  readonly name: string
  readonly service: string
  readonly durationNs: number
  readonly spans: number
  /** Statements sent to databases. */
  readonly queries: number
}

/** Each span belongs to the nearest server or consumer span above it, or failing that to its top. */
export function requestsOf(traces: readonly TraceDetail[]): Request[] {
  return traces.flatMap(({ traceId, spans }) => {
    const owners = new Map<SpanRow, { spans: number; queries: number }>()
    const ownerOf: SpanRow[] = []
    for (const span of spans) {
      const isEntry = span.parentIndex < 0 || span.kind === 'server' || span.kind === 'consumer'
      const owner = isEntry ? span : ownerOf[span.parentIndex]!
      ownerOf[span.index] = owner
      const counts = owners.get(owner) ?? { spans: 0, queries: 0 }
      owners.set(owner, counts)
      counts.spans++
      if (isQuery({ system: span.system, attributes: span.attributes ?? {} })) counts.queries++
    }
    // a call that a test makes is no request of a service
    return [...owners].flatMap(([{ name, service, kind, durationNs }, counts]) =>
      kind === 'client' || kind === 'producer' ? [] : { traceId, name, service, durationNs, ...counts },
    )
  })
}
