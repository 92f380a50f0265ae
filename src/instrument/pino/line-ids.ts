/** The ids of the active span in a line: as fields that a plain line is made with, or at its end, where neither formatters nor nesting can lose them. */
import { isSpanContextValid, type Span, type SpanContext, trace } from '@opentelemetry/api'

export interface IdKeys {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: string
  readonly parentSpanId?: string | undefined
}

export interface LineIds {
  /** With a comma before each; empty where there is no span. For a line that has no field of such a name. */
  fields(): string
  /** @param fields reads those of the line */
  add(line: string, fields: () => Readonly<Record<string, unknown>>): string
  /** Whether ids have this name. */
  isName(key: string): boolean
  /** Whether a line holds ids that were added. */
  isAdded(key: string, value: unknown): boolean
}

const CURLY = 123
const CLOSING = 125

export function createLineIds(keys: IdKeys): LineIds {
  const names = new Set<string | undefined>(Object.values(keys))
  const marks = [keys.traceId, keys.spanId, keys.traceFlags].map((key) => `${JSON.stringify(key)}:`)
  const [traceMark, spanMark, flagsMark] = marks
  let last: SpanContext | undefined
  /** Of the span before: most spans have several lines. */
  let text = ''
  /** Whether `text` is that of the active span. */
  const hasIds = (span: Span | undefined): span is Span => {
    const context = span?.spanContext()
    if (span === undefined || context === undefined) return false
    if (context === last) return true
    if (!isSpanContextValid(context)) return false
    text =
      keys.parentSpanId === undefined
        ? `${traceMark}"${context.traceId}",${spanMark}"${context.spanId}",${flagsMark}"${flagsOf(context)}"`
        : textOf(pairsOf(span, context, keys))
    last = context
    return true
  }
  return {
    isName: (key) => names.has(key),
    fields: () => (hasIds(trace.getActiveSpan()) ? `,${text}` : ''),
    add(line, fields) {
      const span = trace.getActiveSpan()
      if (!hasIds(span)) return line
      const end = line.charCodeAt(line.length - 2) === CLOSING ? line.length - 2 : line.lastIndexOf('}')
      if (end < 0) return line
      // a line may hold such names anywhere, and only those of its own fields count
      const added = marks.some((mark) => line.includes(mark))
        ? textOf(without(pairsOf(span, span.spanContext(), keys), fields()))
        : text
      if (added === '') return line
      return `${line.slice(0, end)}${line.charCodeAt(end - 1) === CURLY ? '' : ','}${added}${line.slice(end)}`
    },
    isAdded(key, value) {
      if (!names.has(key)) return false
      const span = trace.getActiveSpan()
      if (span === undefined) return false
      return pairsOf(span, span.spanContext(), keys).some((pair) => pair[0] === key && pair[1] === value)
    },
  }
}

type Pair = readonly [key: string, value: string]

function pairsOf(span: Span, context: SpanContext, { traceId, spanId, traceFlags, parentSpanId }: IdKeys): Pair[] {
  const pairs: Pair[] = [
    [traceId, context.traceId],
    [spanId, context.spanId],
    [traceFlags, flagsOf(context)],
  ]
  const parent = (span as Span & { parentSpanContext?: SpanContext }).parentSpanContext?.spanId
  if (parentSpanId !== undefined && parent !== undefined) pairs.push([parentSpanId, parent])
  return pairs
}

/** A field of the application stays as it is. */
const without = (pairs: Pair[], fields: Readonly<Record<string, unknown>>): Pair[] =>
  pairs.filter(([key]) => !Object.hasOwn(fields, key))

const textOf = (pairs: Pair[]): string => pairs.map(([key, value]) => `${JSON.stringify(key)}:"${value}"`).join(',')

const flagsOf = ({ traceFlags }: SpanContext): string => traceFlags.toString(16).padStart(2, '0')
