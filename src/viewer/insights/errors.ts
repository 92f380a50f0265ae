/** Finds errors where they began, grouped by type, message without its literals, and the innermost frame of the user's code. */
import { normalizeMessage } from '../query/normalize-sql.ts'
import { appFrameOf, parseStack } from '../query/stack-trace.ts'
import type { StoredSpan } from '../store/read-spans.ts'
import { httpStatusOf } from '../store/semantics.ts'
import { type Finding, queryFor, shorten, type TraceView } from './finding.ts'

const EVIDENCE = 3
const MAX_GROUPS = 50

export function findErrors({ spans, tree }: TraceView): Finding[] {
  const groups = new Map<string, { finding: Finding; spanIds: Set<string> }>()
  // deepest first: an exception that climbs up is told where it was first recorded
  for (let at = tree.order.length - 1; at >= 0; at--) {
    const index = tree.order[at]!
    const { stored } = spans[index]!
    const failsBelow = tree.childrenOf(index).some((child) => isFailed(spans[child]!.stored))
    for (const finding of errorsOf(stored, failsBelow)) {
      const group = groups.get(finding.key)
      if (group) group.spanIds.add(stored.spanId)
      else if (groups.size < MAX_GROUPS) groups.set(finding.key, { finding, spanIds: new Set([stored.spanId]) })
    }
  }
  return [...groups.values()].map(({ finding, spanIds }) => ({ ...finding, spanIds: [...spanIds].slice(0, EVIDENCE) }))
}

function errorsOf(span: StoredSpan, failsBelow: boolean): Finding[] {
  const exceptions = (span.extra.e ?? []).filter(([, , , attributes]) => isException(attributes))
  if (exceptions.length > 0)
    return exceptions.map(([, timeUs, , attributes]) =>
      fromException(span, attributes as StoredSpan['attributes'], timeUs),
    )
  return isFailed(span) && !failsBelow ? [fromStatus(span)] : []
}

function fromException(span: StoredSpan, attributes: StoredSpan['attributes'], timeUs: number): Finding {
  const type = String(attributes['exception.type'] ?? 'Error')
  const message = String(attributes['exception.message'] ?? '')
  const frame = appFrameOf(parseStack(String(attributes['exception.stacktrace'] ?? '')))
  const place = frame?.function ?? frame?.file ?? ''
  const where = frame?.file ? ` at ${frame.function ?? ''} (${frame.file}:${frame.line})`.replace('at  (', 'at (') : ''
  return {
    ...common(span),
    key: `errors|${span.service}|${type}|${normalizeMessage(message)}|${place}|${frame?.file ?? ''}`,
    severity: isFailed(span) ? 'error' : 'warning',
    title: shorten(message === '' ? type : `${type}: ${message}`),
    detail: `Recorded in ${span.name}${where}.`,
    advice: isFailed(span)
      ? 'Open the trace at this span: its logs and attributes tell what it was doing.'
      : 'It was recorded but the span did not fail: handled, or a status that was forgotten.',
    exception: { attributes, timeUs },
  }
}

function fromStatus(span: StoredSpan): Finding {
  const status = httpStatusOf(span.attributes)
  const type = span.attributes['error.type'] ?? (status === null ? '' : `HTTP ${status}`)
  const message = span.extra.m ?? ''
  const what = [type === status ? `HTTP ${status}` : String(type), message].filter((part) => part !== '').join(': ')
  return {
    ...common(span),
    key: `errors|${span.service}|${type}|${normalizeMessage(message)}|${message === '' ? span.name : ''}`,
    title: shorten(`${what === '' ? 'Error' : what} in ${span.name}`),
    detail: `${span.name} ended with an error status and recorded no exception.`,
    advice: 'Record the exception on the span (`span.recordException(error)`) to see its type and stack here.',
  }
}

function common(span: StoredSpan): Omit<Finding, 'key' | 'title' | 'detail' | 'advice'> {
  return {
    kind: 'errors',
    severity: 'error',
    service: span.service,
    operation: span.name,
    count: 1,
    weight: 1,
    savingNs: null,
    spanIds: [],
    query: queryFor(span.service, span.name, isFailed(span) ? 'status:error' : 'event:exception'),
    badge: null,
  }
}

function isException(attributes: object): boolean {
  return 'exception.type' in attributes || 'exception.message' in attributes
}

function isFailed(span: StoredSpan): boolean {
  return span.status === 'error'
}
