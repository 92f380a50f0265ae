/** Writes a trace as Chrome trace events or Markdown. */
import { summaryOf } from '../store/semantics.ts'
import type { Json } from './otlp-json.ts'
import type { PlacedTrace } from './place-trace.ts'
import { buildTree } from './tree.ts'

/** Trace-event JSON: opens in Perfetto and chrome://tracing. A lane a service and overlap. */
export function toChromeTrace(placed: PlacedTrace): Json {
  const processes = new Map<string, number>()
  const lanes = new Map<string, number[]>()
  const traceEvents: Json[] = []
  for (const { stored, offsetNs, durationNs } of [...placed.spans].sort((a, b) => a.offsetNs - b.offsetNs)) {
    let pid = processes.get(stored.service)
    if (pid === undefined) {
      pid = processes.size + 1
      processes.set(stored.service, pid)
      traceEvents.push({ ph: 'M', name: 'process_name', pid, args: { name: stored.service } })
    }
    const ends = lanes.get(stored.service) ?? []
    lanes.set(stored.service, ends)
    const free = ends.findIndex((end) => end <= offsetNs)
    const tid = free < 0 ? ends.length : free
    ends[tid] = offsetNs + durationNs
    traceEvents.push({
      ph: 'X',
      name: stored.name,
      cat: stored.kind,
      pid,
      tid: tid + 1,
      ts: offsetNs / 1000,
      dur: durationNs / 1000,
      args: { ...stored.attributes, spanId: stored.spanId, status: stored.status },
    })
  }
  return { traceEvents, displayTimeUnit: 'ms', otherData: { traceId: placed.row.id } }
}

const MARKDOWN_ROWS = 300

export function toMarkdown(placed: PlacedTrace): string {
  const tree = buildTree(placed.spans)
  const millis = (ns: number) => `${(ns / 1e6).toFixed(2)} ms`
  const lines = tree.order.slice(0, MARKDOWN_ROWS).map((index) => {
    const { stored, durationNs, offsetNs } = placed.spans[index]!
    const summary = summaryOf(stored.name, stored.system, stored.attributes)
    const error = stored.status === 'error' ? ` **error** ${inline(stored.extra.m ?? '')}` : ''
    const detail = summary === null ? '' : ` — ${inline(summary)}`
    return `${'  '.repeat(Math.min(tree.depths[index]!, 40))}- \`${stored.service}\` ${inline(stored.name)}${detail} (${millis(durationNs)} at +${millis(offsetNs)})${error}`
  })
  const left = tree.order.length - lines.length
  const rest = left > 0 ? [`- … ${left} more spans`] : []
  return `# Trace ${placed.row.id}\n\n${placed.spans.length} spans, ${millis(placed.durationNs)}\n\n${[...lines, ...rest].join('\n')}\n`
}

/** Text of a program within Markdown: no markup, no line break. */
function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>#|]/g, '\\$&')
}
