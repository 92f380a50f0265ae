/** Spans as a test suite has them, in the form that the viewer's detectors look at. */
import type { TraceView } from '../insights/finding.ts'
import type { PlacedSpan } from '../query/place-trace.ts'
import { buildTree } from '../query/tree.ts'
import { httpStatusOf, meaningOf } from '../store/semantics.ts'
import type { ViewerSpan } from './found.ts'

/** Of one trace or of several: each span belongs to its own top. */
export function viewOf(spans: readonly ViewerSpan[]): TraceView {
  const startUs = spans.reduce((earliest, span) => Math.min(earliest, span.startUs), Number.POSITIVE_INFINITY)
  const placed = spans.map((span) => place(span, startUs))
  return { traceId: spans[0]?.traceId ?? '', startUs, spans: placed, tree: buildTree(placed) }
}

function place(span: ViewerSpan, originUs: number): PlacedSpan {
  const { spanId, parentSpanId, durationNs } = span
  const { events: _, links: __, resource, scope, statusMessage, traceId: ___, ...same } = span
  return {
    spanId,
    parentSpanId,
    durationNs,
    offsetNs: (span.startUs - originUs) * 1000,
    running: false,
    movedNs: 0,
    stored: {
      ...same,
      ...meaningOf(span.name, span.attributes as PlacedSpan['stored']['attributes']),
      id: 0,
      traceNo: 0,
      startRemainderNs: 0,
      httpStatus: httpStatusOf(span.attributes as PlacedSpan['stored']['attributes']),
      attributes: span.attributes as PlacedSpan['stored']['attributes'],
      resource: {
        id: 0,
        svc: 0,
        service: span.service,
        run: '',
        attributes: resource as PlacedSpan['stored']['attributes'],
      },
      scope: { ...scope, attributes: {} },
      extra: statusMessage === null ? {} : { m: statusMessage },
    },
  }
}
