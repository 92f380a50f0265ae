/** Spans as the lines of a failed expectation: a tree with status, duration and what a span is about. */
import { appFrameOf, parseStack } from '../query/stack-trace.ts'
import { summaryOf } from '../store/semantics.ts'
import type { ViewerSpan } from './found.ts'
import { viewOf } from './view.ts'

const MAX_LINES = 40
const MAX_DEPTH = 20

/** One line a span, children below their parent; neighbours that do the same are one line. */
export function outline(spans: readonly ViewerSpan[]): string {
  if (spans.length === 0) return '  (no spans)'
  const { tree, spans: placed } = viewOf(spans)
  const lines: { key: string; text: string; folded: string; count: number }[] = []
  for (const index of tree.order) {
    const { stored } = placed[index]!
    const summary = summaryOf(stored.name, stored.system, stored.attributes)
    const failed = stored.status === 'error' ? `  [error] ${oneLine(stored.extra.m ?? '')}`.trimEnd() : ''
    const head = `${'  '.repeat(Math.min(tree.depths[index]!, MAX_DEPTH) + 1)}${oneLine(stored.name)} (${stored.kind})`
    const textWith = (about: string | null): string => `${head}${about === null ? '' : `  ${oneLine(about)}`}${failed}`
    const key = `${head}\n${stored.groupKey}\n${failed}`
    const last = lines.at(-1)
    if (last?.key === key) last.count++
    else lines.push({ key, text: textWith(summary), folded: textWith(summary && stored.groupKey), count: 1 })
  }
  const shown = lines.slice(0, MAX_LINES).map(({ text, folded, count }) => (count > 1 ? `${folded}  ×${count}` : text))
  const left = lines.length - shown.length
  return [...shown, ...(left > 0 ? [`  … ${left} more lines`] : [])].join('\n')
}

/** What failed in a span and where: the message of its exception, and the innermost frame of the user's code. */
export function describeError(span: ViewerSpan): string {
  const exception = span.events.find(({ name }) => name === 'exception')?.attributes ?? {}
  const message = exception['exception.message'] ?? span.statusMessage ?? span.attributes['error.type'] ?? ''
  const frame = appFrameOf(parseStack(String(exception['exception.stacktrace'] ?? '')))
  const place = frame?.file ? ` at ${frame.file}:${frame.line}` : ''
  return `${oneLine(span.name)}: ${oneLine(String(message))}${place}`
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 200)
