/** The summary of each trace, kept in memory while spans arrive and written once per request. */
import type { StoreContext } from './context.ts'

const MAX_CACHED = 20_000

/** All times are as stored: µs and ns remainder. */
export interface TraceState {
  readonly no: number
  readonly id: string
  isNew: boolean
  startUs: number
  startRem: number
  endUs: number
  endRem: number
  spans: number
  errors: number
  logs: number
  /** Client and producer spans: a trace with few has no N+1 to look for. */
  clients: number
  root: string | null
  /** The root, or the earliest span while there is none. */
  headUs: number
  headParent: string | null
  headSvc: number
  headName: number
  headKind: number
  headStatus: number
  http: number | null
  services: Map<number, [spans: number, errors: number]>
  seenUs: number
}

export interface TraceSummaries {
  of(traceId: string): TraceState
  /** Writes the traces that changed; gives them. */
  flush(): readonly TraceState[]
  /** Drops states whose rows were deleted or never written. */
  forget(): void
}

export function createTraceSummaries({ database }: StoreContext): TraceSummaries {
  const select = database.prepare('SELECT * FROM trace WHERE id = ?')
  const insert = database.prepare(
    `INSERT INTO trace (no, id, start_us, start_rem, end_us, end_rem, dur_ns, spans, errors, logs, clients, root, head_us, head_parent, head_svc,
      head_name, head_kind, head_status, http, services, seen_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = database.prepare(
    `UPDATE trace SET start_us = ?, start_rem = ?, end_us = ?, end_rem = ?, dur_ns = ?, spans = ?, errors = ?, logs = ?, clients = ?, root = ?,
      head_us = ?, head_parent = ?, head_svc = ?, head_name = ?, head_kind = ?, head_status = ?, http = ?, services = ?, seen_us = ? WHERE no = ?`,
  )
  const nextNo = () => (database.prepare('SELECT coalesce(max(no), 0) AS no FROM trace').get() as { no: number }).no
  let last = nextNo()
  let cache = new Map<string, TraceState>()
  let changed = new Set<TraceState>()
  let most = MAX_CACHED
  // spans of one trace follow each other
  let latest: TraceState | undefined

  return {
    of(traceId) {
      if (latest?.id === traceId) return latest
      let state = cache.get(traceId)
      if (!state) {
        if (cache.size >= most) shrink()
        const row = select.get(traceId)
        state = row ? fromRow(row as unknown as TraceRow) : emptyState(++last, traceId)
        cache.set(traceId, state)
      }
      changed.add(state)
      latest = state
      return state
    },
    flush() {
      const written = [...changed]
      changed = new Set()
      most = MAX_CACHED
      latest = undefined
      for (const state of written) write(state)
      return written
    },
    forget() {
      cache = new Map()
      changed = new Set()
      most = MAX_CACHED
      latest = undefined
      last = Math.max(last, nextNo())
    },
  }

  function write(state: TraceState): void {
    const hasSpans = state.spans > 0
    const duration = hasSpans ? (state.endUs - state.startUs) * 1000 + (state.endRem - state.startRem) : 0
    const values = [
      hasSpans ? state.startUs : state.seenUs,
      hasSpans ? state.startRem : 0,
      state.endUs,
      state.endRem,
      Math.min(Math.max(duration, 0), Number.MAX_SAFE_INTEGER),
      state.spans,
      state.errors,
      state.logs,
      state.clients,
      state.root,
      hasSpans ? state.headUs : 0,
      state.headParent,
      state.headSvc,
      state.headName,
      state.headKind,
      state.headStatus,
      state.http,
      JSON.stringify([...state.services]),
      state.seenUs,
    ]
    if (state.isNew) insert.run(state.no, state.id, ...values)
    else update.run(...values, state.no)
    state.isNew = false
  }

  /** Keeps the younger half; what is dropped is written, or being written, and is read again if a late span comes. */
  function shrink(): void {
    const keep = [...cache].slice(MAX_CACHED / 2)
    const unwritten = [...changed].map((state) => [state.id, state] as const)
    cache = new Map([...unwritten, ...keep])
    // of one request that names more traces none can go: the next try has to wait until there are twice as many
    most = Math.max(MAX_CACHED, 2 * cache.size)
  }
}

export interface TraceRow {
  readonly no: number
  readonly id: string
  readonly start_us: number
  readonly start_rem: number
  readonly end_us: number
  readonly end_rem: number
  readonly dur_ns: number
  readonly spans: number
  readonly errors: number
  readonly logs: number
  readonly clients: number
  readonly root: string | null
  readonly head_us: number
  readonly head_parent: string | null
  readonly head_svc: number
  readonly head_name: number
  readonly head_kind: number
  readonly head_status: number
  readonly http: number | null
  readonly services: string
  readonly badges: number
  readonly findings: string | null
  readonly seen_us: number
}

/** Spans and errors by service; none where the text is damaged: a trace must not keep others from being stored. */
export function servicesOf({ services }: Pick<TraceRow, 'services'>): [svc: number, [spans: number, errors: number]][] {
  try {
    return JSON.parse(services)
  } catch {
    return []
  }
}

function fromRow(row: TraceRow): TraceState {
  const empty = emptyState(row.no, row.id)
  const common = { isNew: false, logs: row.logs, seenUs: row.seen_us }
  if (row.spans === 0) return Object.assign(empty, common)
  return Object.assign(empty, common, {
    startUs: row.start_us,
    startRem: row.start_rem,
    endUs: row.end_us,
    endRem: row.end_rem,
    spans: row.spans,
    errors: row.errors,
    clients: row.clients,
    root: row.root,
    headUs: row.head_us,
    headParent: row.head_parent,
    headSvc: row.head_svc,
    headName: row.head_name,
    headKind: row.head_kind,
    headStatus: row.head_status,
    http: row.http,
    services: new Map(servicesOf(row)),
  })
}

function emptyState(no: number, id: string): TraceState {
  return {
    no,
    id,
    isNew: true,
    startUs: Number.MAX_SAFE_INTEGER,
    startRem: 0,
    endUs: 0,
    endRem: 0,
    spans: 0,
    errors: 0,
    logs: 0,
    clients: 0,
    root: null,
    headUs: Number.MAX_SAFE_INTEGER,
    headParent: null,
    headSvc: 0,
    headName: 0,
    headKind: 0,
    headStatus: 0,
    http: null,
    services: new Map(),
    seenUs: 0,
  }
}
