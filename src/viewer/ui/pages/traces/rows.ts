/** Rows of the list of traces: equal ones that follow each other are one row that opens. Pure. */
import type { TraceSummary } from '../../../api.ts'

/** Two beside each other are as easy to read as one row that must be opened. */
const GROUP_FROM = 3

export interface OneRow {
  readonly kind: 'trace'
  readonly trace: TraceSummary
  /** It belongs to the open group above it. */
  readonly isMember: boolean
}
export interface GroupRow {
  readonly kind: 'group'
  readonly traces: readonly TraceSummary[]
  readonly isOpen: boolean
}
export type Row = OneRow | GroupRow

/** @param opened ids of traces whose group was opened: groups grow at both ends, so none of their members names them for good */
export function rowsOf(traces: readonly TraceSummary[], opened: ReadonlySet<string>): Row[] {
  const rows: Row[] = []
  for (let from = 0; from < traces.length; ) {
    const key = keyOf(traces[from]!)
    let to = from + 1
    while (key !== null && to < traces.length && keyOf(traces[to]!) === key) to++
    const members = traces.slice(from, to)
    const isGroup = members.length >= GROUP_FROM
    const isOpen = isGroup && members.some(({ traceId }) => opened.has(traceId))
    if (isGroup) rows.push({ kind: 'group', traces: members, isOpen })
    if (!isGroup || isOpen) for (const trace of members) rows.push({ kind: 'trace', trace, isMember: isGroup })
    from = to
  }
  return rows
}

export const singleRows = (traces: readonly TraceSummary[]): Row[] =>
  traces.map((trace) => ({ kind: 'trace', trace, isMember: false }))

/** What stays the same for a row while others come and go. */
export function isSameRow(
  row: Row,
  { kind, traceId }: { readonly kind: Row['kind']; readonly traceId: string },
): boolean {
  if (row.kind !== kind) return false
  return row.kind === 'trace' ? row.trace.traceId === traceId : row.traces.some((trace) => trace.traceId === traceId)
}

export const firstOf = (row: Row): TraceSummary => (row.kind === 'trace' ? row.trace : row.traces[0]!)

/** Null for a trace with something to look at: it is never put away. */
function keyOf({ service, name, kind, status, httpStatus, errors, badges, rootSpanId, matchedSpanId }: TraceSummary) {
  if (errors > 0 || badges.length > 0 || rootSpanId === null || matchedSpanId !== null) return null
  return JSON.stringify([service, name, kind, status, httpStatus])
}
