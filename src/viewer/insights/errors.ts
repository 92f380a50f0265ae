/** Finds errors where they began, grouped by type, message without its literals, and the innermost frame of the user's code. */
import { normalizeMessage } from '../query/normalize-sql.ts'
import { appFrameOf, parseStack } from '../query/stack-trace.ts'
import type { StoredSpan } from '../store/read-spans.ts'
import { httpStatusOf } from '../store/semantics.ts'
import { type Finding, queryFor, shorten, type TraceView } from './finding.ts'

const EVIDENCE = 3
const MAX_GROUPS = 50

/** An error as one span tells it. */
interface Told {
  readonly finding: Finding
  /** What it says of itself: the messages under which the spans above may record it again. */
  readonly messages: readonly string[]
  readonly hasFrame: boolean
}

interface Group {
  finding: Finding
  hasFrame: boolean
  readonly spanIds: Set<string>
}

export function findErrors({ spans, tree }: TraceView): Finding[] {
  const groups = new Map<string, Group>()
  /** Of each span: the errors that it and those below it tell. */
  const toldBy = new Map<number, readonly Told[]>()
  // deepest first: an error that climbs up is told where it was first recorded
  for (let at = tree.order.length - 1; at >= 0; at--) {
    const index = tree.order[at]!
    const { stored } = spans[index]!
    const children = tree.childrenOf(index)
    const below = children.flatMap((child) => toldBy.get(child) ?? []).slice(0, MAX_GROUPS)
    for (const child of children) toldBy.delete(child)
    const failsBelow = children.some((child) => isFailed(spans[child]!.stored))
    const own = errorsOf(stored, failsBelow).filter((told) => {
      const origin = below.find(({ messages }) => messages.some((message) => told.messages.includes(message)))
      if (origin && told.hasFrame) showFrame(groups.get(origin.finding.key), told)
      return origin === undefined
    })
    for (const told of own) addTo(groups, told, stored.spanId)
    toldBy.set(index, [...own, ...below])
  }
  return [...groups.values()].map(({ finding, spanIds }) => ({ ...finding, spanIds: [...spanIds].slice(0, EVIDENCE) }))
}

function addTo(groups: Map<string, Group>, { finding, hasFrame }: Told, spanId: string): void {
  const group = groups.get(finding.key)
  if (group) group.spanIds.add(spanId)
  else if (groups.size < MAX_GROUPS) groups.set(finding.key, { finding, hasFrame, spanIds: new Set([spanId]) })
}

/** A client may record its error without the frames of the application; the span above, which caught it, has them. */
function showFrame(group: Group | undefined, { finding: { title, detail, exception } }: Told): void {
  if (!group || group.hasFrame || !exception) return
  group.finding = { ...group.finding, title, detail: `${group.finding.detail} ${detail}`, exception }
  group.hasFrame = true
}

function errorsOf(span: StoredSpan, failsBelow: boolean): Told[] {
  const exceptions = (span.extra.e ?? []).filter(([, , , attributes]) => isException(attributes))
  if (exceptions.length > 0)
    return exceptions.map(([, timeUs, , attributes]) =>
      fromException(span, attributes as StoredSpan['attributes'], timeUs),
    )
  if (!isFailed(span) || failsBelow) return []
  return [{ finding: fromStatus(span), messages: messagesOf(span.extra.m), hasFrame: false }]
}

const messagesOf = (...texts: readonly (string | undefined)[]): string[] =>
  texts.flatMap((text) => (text ? normalizeMessage(text) : []))

function fromException(span: StoredSpan, attributes: StoredSpan['attributes'], timeUs: number): Told {
  const type = String(attributes['exception.type'] ?? 'Error')
  const message = String(attributes['exception.message'] ?? '')
  const frame = appFrameOf(parseStack(String(attributes['exception.stacktrace'] ?? '')))
  const place = frame?.function ?? frame?.file ?? ''
  const where = frame?.file ? ` at ${frame.function ?? ''} (${frame.file}:${frame.line})`.replace('at  (', 'at (') : ''
  const finding: Finding = {
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
  return { finding, messages: messagesOf(message, span.extra.m), hasFrame: frame?.inProject === true }
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
