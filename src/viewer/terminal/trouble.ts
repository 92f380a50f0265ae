/** What is wrong with a trace, in lines: the message, the statement that failed, and the place in the app's own code. */
import type { AttributeValue, Insight, SpanRow, StackFrame, TraceDetail } from '../api.ts'
import { clean } from './clean.ts'

export interface Trouble {
  readonly text: string
  /** File and line in the app, when known. */
  readonly place: string | null
  readonly isError: boolean
}

const MAX_ERRORS = 3
const MAX_OTHERS = 3

export function troublesOf({ spans, insights }: TraceDetail): Trouble[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const errors = insights.filter(({ kind, severity }) => kind === 'errors' && severity === 'error')
  const others = insights.filter(({ kind }) => SHOWN.has(kind)).slice(0, MAX_OTHERS)
  return [...ofErrors(errors, byId), ...others.map((insight) => ofOther(insight, byId))]
}

/** An error is recorded again by each span that it passes: those that name a place in the app's code tell it best. */
function ofErrors(insights: readonly Insight[], spans: ReadonlyMap<string, SpanRow>): Trouble[] {
  const all = insights.map((insight) => {
    const span = spans.get(insight.evidence[0]?.spanId ?? '')
    const frame = appFrame(insight.exception?.frames ?? [])
    const place = frame === undefined ? codePlace(span) : placeOf(frame)
    return { title: clean(insight.title, 300), place, statement: statementOf(span) }
  })
  const placed = all.filter(({ place }) => place !== null)
  const told = (placed.length > 0 ? placed : all).slice(0, MAX_ERRORS)
  const statements = new Set(all.flatMap(({ statement }) => statement ?? []))
  const unique = new Map(told.map(({ title, place }) => [`${title} ${place}`, { title, place }]))
  return [
    ...[...unique.values()].map(({ title, place }) => ({ text: title, place, isError: true })),
    ...[...statements].slice(0, MAX_ERRORS).map((text) => ({ text: `  in ${text}`, place: null, isError: true })),
  ]
}

/** What one trace can show by itself; hygiene and the like are for `uptrace-node insights`. */
const SHOWN = new Set<Insight['kind']>(['n+1', 'sequential', 'blocked', 'unclosed', 'broken-context'])

function ofOther({ kind, title, evidence }: Insight, spans: ReadonlyMap<string, SpanRow>): Trouble {
  const place = codePlace(spans.get(evidence[1]?.spanId ?? evidence[0]?.spanId ?? ''))
  return { text: `${kind === 'n+1' ? 'N+1: ' : ''}${clean(title, 300)}`, place, isError: false }
}

/** The innermost frame of the app's own code. */
export function appFrame(frames: readonly StackFrame[]): StackFrame | undefined {
  return frames.find(({ inProject, file }) => inProject && file !== null)
}

/** `src/orders.ts:41`: relative to where the command runs, when it is below. */
export function placeOf({ file, line }: Pick<StackFrame, 'file' | 'line'>, folder = process.cwd()): string {
  const name = clean(file ?? '', 300)
  const short = name.startsWith(`${folder}/`) ? name.slice(folder.length + 1) : name
  return line === null ? short : `${short}:${line}`
}

/** Where a span says it was made. */
function codePlace(span: SpanRow | undefined): string | null {
  const file = textOf(span?.attributes?.['code.file.path'] ?? span?.attributes?.['code.filepath'])
  const line = Number(span?.attributes?.['code.line.number'] ?? span?.attributes?.['code.lineno'] ?? Number.NaN)
  return file === null ? null : placeOf({ file, line: Number.isInteger(line) ? line : null })
}

export function statementOf(span: SpanRow | undefined): string | null {
  const text = textOf(span?.attributes?.['db.query.text'] ?? span?.attributes?.['db.statement'])
  return text === null ? null : clean(text, 500)
}

function textOf(value: AttributeValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
