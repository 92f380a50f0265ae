/** A trace as Markdown that fits a bug report or a prompt: findings first, spans with repeats folded, attributes, stacks, logs. */
import type { Attributes, AttributeValue, Insight, LogRow, SpanRow, TraceDetail } from '../api.ts'
import { duration, handlerOf, plural, timeText } from '../format.ts'
import { clean, cleanLines } from './clean.ts'
import { type ShownSpan, showSpans } from './spans.ts'
import { codeMarkdown, inlineMarkdown } from './table.ts'
import { labelOf } from './waterfall.ts'

export interface MarkdownOptions {
  /** Spans shown; those on the way to errors and findings stay. @default 200 */
  readonly spans?: number
  /** Newest lines of log left out beyond this. @default 100 */
  readonly logs?: number
  /** Frames of a stack. @default 20 */
  readonly frames?: number
}

const MAX_VALUE = 500
/** Attributes of spans without trouble stay out of the text beyond so many spans. */
const ATTRIBUTES_UP_TO = 40
const ORDINARY = /^(network\.|net\.|user_agent|thread\.|http\.flavor|url\.scheme|server\.port$|client\.)/

/** @param logs of the trace, oldest first */
export function traceMarkdown(
  trace: TraceDetail,
  logs: readonly LogRow[] = [],
  { spans: mostSpans = 200, logs: mostLogs = 100, frames = 20 }: MarkdownOptions = {},
): string {
  const root = trace.spans.find(({ parentIndex }) => parentIndex < 0)
  const handler = handlerOf(trace)
  const facts = [
    plural(trace.spans.length, 'span'),
    duration(trace.durationNs),
    plural(trace.errors, 'error'),
    new Date(trace.startUs / 1000).toISOString(),
    trace.services.map(({ service }) => codeMarkdown(service)).join(', '),
  ]
  const sections = [
    `# ${root ? inlineMarkdown(root.name) : 'Trace'}\n\nTrace \`${trace.traceId}\`: ${facts.join(', ')}`,
    handler && timeText(handler) !== '' ? `Time: ${timeText(handler)}` : '',
    trace.warnings.map(({ message }) => `> ${inlineMarkdown(message)}`).join('\n'),
    section('Findings', trace.insights.map((insight) => findingOf(insight, frames)).join('\n\n')),
    section('Spans', spanLines(trace, mostSpans).join('\n')),
    section('Logs', logLines(trace, logs, mostLogs).join('\n')),
    section('Resources', resourceLines(trace).join('\n')),
  ]
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`
}

function section(title: string, text: string): string {
  return text === '' ? '' : `## ${title}\n\n${text}`
}

function findingOf({ kind, title, detail, advice, exception }: Insight, mostFrames: number): string {
  const head = `**${kind}: ${inlineMarkdown(title)}**  \n${inlineMarkdown(detail)} ${inlineMarkdown(advice)}`
  return exception?.stack ? `${head}\n\n${block(exception.stack, mostFrames)}` : head
}

function spanLines(trace: TraceDetail, mostSpans: number): string[] {
  const { rows, left } = showSpans(trace, mostSpans)
  const lines = rows.flatMap((row) => spanLine(row, rows.length <= ATTRIBUTES_UP_TO || row.error))
  return left > 0 ? [...lines, `- … ${plural(left, 'more span')}`] : lines
}

function spanLine(row: ShownSpan, withAttributes: boolean): string[] {
  const { span, error } = row
  const indent = '  '.repeat(Math.min(span.depth, 40))
  const message = span.statusMessage === null ? '' : ` ${inlineMarkdown(span.statusMessage)}`
  const failed = error ? ` **error**${message}` : ''
  const head = `${indent}- \`${clean(span.service)}\` ${inlineMarkdown(labelOf(row))} (${timesOf(row)})${failed}`
  const attributes = withAttributes ? attributeText(span.attributes ?? {}) : ''
  return attributes === '' ? [head] : [head, `${indent}  ${attributes}`]
}

function timesOf({ span, durationNs, repeats }: ShownSpan): string {
  return `${duration(durationNs)}${repeats > 1 ? ' in sum' : ''} at +${duration(Math.max(span.offsetNs, 0))}`
}

function attributeText(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([key]) => !ORDINARY.test(key))
    .map(([key, value]) => codeMarkdown(`${key}=${valueText(value)}`))
    .join(' ')
}

function valueText(value: AttributeValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text
}

function logLines(trace: TraceDetail, logs: readonly LogRow[], mostLogs: number): string[] {
  const names = new Map(trace.spans.map(({ spanId, name }: SpanRow) => [spanId, name]))
  const lines = logs.slice(0, mostLogs).map(({ timeUs, severity, body, spanId, attributes }) => {
    const at = duration(Math.max((timeUs - trace.startUs) * 1000, 0))
    const span = names.get(spanId ?? '')
    const text = `- +${at} ${severity.toUpperCase()} ${inlineMarkdown(body)}${span === undefined ? '' : ` (${inlineMarkdown(span)})`}`
    const more = attributeText(
      Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== 'exception.stacktrace')),
    )
    return more === '' ? text : `${text} ${more}`
  })
  return logs.length > mostLogs ? [...lines, `- … ${plural(logs.length - mostLogs, 'more line')}`] : lines
}

const RESOURCE = [
  'service.name',
  'service.version',
  'deployment.environment.name',
  'process.runtime.name',
  'process.runtime.version',
  'telemetry.sdk.language',
  'telemetry.distro.name',
  'telemetry.distro.version',
  'os.type',
  'host.arch',
]

function resourceLines({ resources }: TraceDetail): string[] {
  return resources.map(({ attributes }) => {
    const known = RESOURCE.filter((key) => attributes[key] !== undefined)
    return `- ${known.map((key) => codeMarkdown(`${key}=${valueText(attributes[key]!)}`)).join(' ')}`
  })
}

/** A text of several lines as code; its own fences cannot end it. */
function block(text: string, mostLines: number): string {
  const lines = cleanLines(text, mostLines + 1)
  const shown = lines.slice(0, mostLines)
  const longest = Math.max(2, ...shown.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)))
  const fence = '`'.repeat(longest + 1)
  return [fence, ...shown, ...(lines.length > mostLines ? ['…'] : []), fence].join('\n')
}
