/** Blocks of the event loop that fell into a stretch of time, with the request or job whose code it was. */
import { readBlocks, type StoredBlock } from '../store/profiles.ts'
import { KINDS } from '../store/semantics.ts'
import type { Store } from '../store/store.ts'

export interface MetBlock {
  readonly block: StoredBlock
  /** How much of it lies within. */
  readonly ns: number
  /** Name of the request or job that ran it. */
  readonly operation: string | null
}

export type OwnerNames = (traceId: string, spanId: string) => string | null

export function blocksOf(store: Store, run: string, fromUs: number, toUs: number, nameOf: OwnerNames): MetBlock[] {
  return readBlocks(store.database, run, fromUs, toUs).map((block) => ({
    block,
    ns: Math.round((Math.min(toUs, block.endUs) - Math.max(fromUs, block.startUs)) * 1000),
    operation: (block.traceId && block.spanId && nameOf(block.traceId, block.spanId)) || block.name,
  }))
}

const MAX_SPANS = 20_000
const ENTRIES = new Set(['server', 'consumer'].map((kind) => KINDS.indexOf(kind as 'server' | 'consumer')))

/** Finds the request or job to which a span belongs; null while it has not arrived. Each trace is read once. */
export function createOwnerNames({ database, texts }: Store): OwnerNames {
  const traces = new Map<string, ReturnType<typeof read>>()
  return (traceId, spanId) => {
    let spans = traces.get(traceId)
    if (!spans) {
      spans = read(traceId)
      traces.set(traceId, spans)
    }
    let top: { readonly name: number } | undefined
    const seen = new Set<string>()
    for (let id: string | null = spanId; id !== null && !seen.has(id); ) {
      seen.add(id)
      const span = spans.get(id)
      if (!span) break
      top = span
      if (ENTRIES.has(span.kind)) break
      id = span.parent_id
    }
    return top === undefined ? null : texts.textOf(top.name)
  }

  function read(traceId: string) {
    const rows = database
      .prepare(
        `SELECT s.span_id, s.parent_id, s.kind, s.name FROM trace t JOIN span s ON s.trace_no = t.no WHERE t.id = ? LIMIT ${MAX_SPANS}`,
      )
      .all(traceId) as unknown as { span_id: string; parent_id: string | null; kind: number; name: number }[]
    return new Map(rows.map((row) => [row.span_id, row]))
  }
}
