/** A trace as a waterfall of a few lines: names indented, a bar for each, then the statement that failed and the frame of the app. */
import type { SpanRow, TraceDetail } from '../api.ts'
import { duration, handlerOf, timeText } from '../format.ts'
import { clean, cutTo, padEnd, padStart, widthOf } from './clean.ts'
import type { Colour, Screen } from './screen.ts'
import { type ShownSpan, showSpans } from './spans.ts'
import { type Trouble, troublesOf } from './trouble.ts'

export interface WaterfallOptions {
  /** @default 12 */
  readonly rows?: number
  /** Columns before each line. @default 4 */
  readonly indent?: number
}

const BAR_COLUMNS = 24
const DEFAULT_COLUMNS = 110

export function waterfall(trace: TraceDetail, screen: Screen, options: WaterfallOptions = {}): string[] {
  const { rows, left } = showSpans(trace, options.rows ?? 12)
  const before = ' '.repeat(options.indent ?? 4)
  const columns = Math.min(screen.columns, DEFAULT_COLUMNS) - before.length
  const labels = rows.map((row) => `${'  '.repeat(Math.min(row.span.depth, 12))}${labelOf(row)}`)
  const nameColumns = Math.min(Math.max(...labels.map(widthOf), 16), Math.max(columns - BAR_COLUMNS - 12, 16))
  const bars = screen.columns >= 70
  const lines = rows.map((row, index) => {
    const name = padEnd(cutTo(labels[index]!, nameColumns), nameColumns)
    const bar = bars ? `${screen.paint(colourOf(row.span, row.error), barOf(row.span, trace.durationNs))} ` : ''
    return `${before}${row.error ? screen.paint('red', name) : name} ${bar}${padStart(duration(row.durationNs), 8)}`
  })
  if (left > 0) lines.push(`${before}${screen.paint('dim', `… ${left} more ${left === 1 ? 'span' : 'spans'}`)}`)
  const room = screen.columns - before.length
  const time = timeText(handlerOf(trace) ?? NO_CALLS)
  if (time !== '') lines.push(before + screen.paint('dim', cutTo(time, room)))
  for (const trouble of troublesOf(trace))
    for (const text of troubleLines(trouble, room))
      lines.push(before + screen.paint(trouble.isError ? 'red' : 'yellow', text))
  return lines.map((line) => line.trimEnd())
}

const NO_CALLS = { durationNs: 0, categories: [], ownNs: 0, overlapNs: 0 }

/** The place is what one goes to: it gets a line of its own rather than being cut. */
function troubleLines({ text, place }: Trouble, room: number): string[] {
  if (place === null) return [cutTo(text, room)]
  const whole = `${text}  at ${place}`
  return widthOf(whole) <= room ? [whole] : [cutTo(text, room), `  at ${place}`]
}

/** Name, how often, and the one fact that tells most. */
export function labelOf({ span, repeats }: ShownSpan): string {
  // of statements that differ in their literals, what they share
  const isStatement = repeats > 1 && span.attributes?.['db.query.summary'] === undefined && isDatabase(span)
  const fact = isStatement ? span.groupKey : span.summary
  const summary = fact === null || span.system === 'http' ? '' : ` ${clean(fact, 200)}`
  const name = clean(span.name, 200)
  const text = summary.trim().startsWith(name) ? summary.trim() : name + summary
  return `${repeats > 1 ? `${repeats}× ` : ''}${text}${span.running ? ' (running)' : ''}`
}

/** Eighths of a block would be finer, but not every font has them. */
function barOf({ offsetNs, durationNs }: SpanRow, wholeNs: number): string {
  const at = (ns: number) => (wholeNs === 0 ? 0 : Math.min(Math.round((ns / wholeNs) * BAR_COLUMNS), BAR_COLUMNS))
  const from = Math.min(at(Math.max(offsetNs, 0)), BAR_COLUMNS - 1)
  const length = Math.max(at(offsetNs + durationNs) - from, 1)
  return padEnd(' '.repeat(from) + '█'.repeat(length), BAR_COLUMNS).slice(0, BAR_COLUMNS)
}

function isDatabase({ system }: SpanRow): boolean {
  return system === 'db' || system === 'cache'
}

function colourOf(span: SpanRow, error: boolean): Colour {
  if (error) return 'red'
  if (isDatabase(span)) return 'magenta'
  return span.system === 'internal' ? 'dim' : 'blue'
}
