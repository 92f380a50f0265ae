/** Writes a trace as Chrome trace events. */
import type { Json } from './otlp-json.ts'
import type { PlacedTrace } from './place-trace.ts'

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
