/** Places the spans of a trace, stored and running, on one time line. */
import type { OpenSpan } from '../receive/live-spans.ts'
import { readSpans, readSpansLazily, type StoredSpan } from '../store/read-spans.ts'
import type { TraceRow } from '../store/traces.ts'
import { clockCorrections } from './align-clocks.ts'
import type { Engine } from './engine.ts'
import { buildTree, type TreeInput } from './tree.ts'

export const MAX_SPANS = 300_000
/** From so many on, only few are looked at closely. */
export const LARGE_TRACE = 5000

/** A stored or still running span, placed in its trace. */
export interface PlacedSpan extends TreeInput {
  readonly stored: StoredSpan
  readonly running: boolean
  /** Part of `offsetNs` that comes from a clock which differs; 0 as a rule. */
  readonly movedNs: number
}

export interface PlacedTrace {
  readonly row: TraceRow
  readonly startUs: number
  readonly startRemainderNs: number
  readonly durationNs: number
  readonly spans: readonly PlacedSpan[]
  /** Identical copies that were left out. */
  readonly copies: number
  readonly truncated: number
  /** Of a trace whose clocks differ: how many spans are moved, or would be. */
  readonly skewed: { readonly spans: number; readonly mostNs: number; readonly services: readonly string[] } | null
}

export interface PlaceOptions {
  /** @default MAX_SPANS */
  readonly maxSpans?: number
  /** Whether spans of machines with other clocks are moved into their parents. @default true */
  readonly alignClocks?: boolean
}

export function placeTrace(
  engine: Pick<Engine, 'store' | 'live'>,
  row: TraceRow,
  { maxSpans = MAX_SPANS, alignClocks = true }: PlaceOptions = {},
): PlacedTrace {
  const recorded = placeAsRecorded(engine, row, maxSpans)
  // of one process there is one clock
  const runs = new Set(recorded.spans.map(({ stored }) => stored.resource.run))
  const moves = runs.size > 1 ? clockCorrections(recorded.spans, buildTree(recorded.spans)) : undefined
  if (!moves) return recorded
  const moved = recorded.spans.filter((_, index) => moves[index] !== 0)
  const skewed = {
    spans: moved.length,
    mostNs: moves.reduce((most, ns) => Math.max(most, Math.abs(ns)), 0),
    services: [...new Set(moved.map(({ stored }) => stored.service))],
  }
  return alignClocks ? { ...moveSpans(recorded, moves), skewed } : { ...recorded, skewed }
}

/** The trace begins with what is first then. */
function moveSpans(recorded: PlacedTrace, moves: Float64Array): PlacedTrace {
  const firstNs = recorded.spans.reduce((least, span, at) => Math.min(least, span.offsetNs + moves[at]!), Infinity)
  const spans = recorded.spans.map((span, index) => ({
    ...span,
    offsetNs: span.offsetNs + moves[index]! - firstNs,
    movedNs: moves[index]!,
  }))
  const startNs = recorded.startRemainderNs + firstNs
  const startUs = recorded.startUs + Math.floor(startNs / 1000)
  return {
    ...recorded,
    startUs,
    startRemainderNs: startNs - Math.floor(startNs / 1000) * 1000,
    durationNs: spans.reduce((most, { offsetNs, durationNs }) => Math.max(most, offsetNs + durationNs), 0),
    spans,
  }
}

function placeAsRecorded(engine: Pick<Engine, 'store' | 'live'>, row: TraceRow, maxSpans: number): PlacedTrace {
  const { store } = engine
  const read = row.spans > LARGE_TRACE ? readSpansLazily : readSpans
  // the tree is in order of time; only what is left out needs the order of the database
  const first = row.spans > maxSpans ? `ORDER BY s.start_us, s.start_rem, s.id LIMIT ${maxSpans}` : 'ORDER BY s.id'
  const stored = read(store, `WHERE s.trace_no = ? ${first}`, row.no)
  const live = engine.live.ofTrace(row.id)
  const open = live.map((span) => fromOpenSpan(engine, span))
  const running = new Set(open.filter((_, index) => live[index]!.endedMillis === null))
  const all = [...stored, ...open]
  const earliest = all.reduce((least, span) => (compareTimes(span, least) < 0 ? span : least), all[0]!)
  const { startUs, startRemainderNs } = earliest
  const byId = new Map<string, PlacedSpan[]>()
  const spans: PlacedSpan[] = []
  let durationNs = 0
  for (const span of all) {
    const offsetNs = (span.startUs - startUs) * 1000 + (span.startRemainderNs - startRemainderNs)
    const namesakes = byId.get(span.spanId)
    if (namesakes?.some((other) => isCopy(span, offsetNs, other))) continue
    const placed = {
      stored: span,
      running: running.has(span),
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      offsetNs,
      durationNs: span.durationNs,
      movedNs: 0,
    }
    spans.push(placed)
    if (namesakes) namesakes.push(placed)
    else byId.set(span.spanId, [placed])
    durationNs = Math.max(durationNs, offsetNs + span.durationNs)
  }
  return {
    row,
    startUs,
    startRemainderNs,
    durationNs,
    spans,
    copies: all.length - spans.length,
    truncated: Math.max(row.spans - stored.length, 0),
    skewed: null,
  }
}

function isCopy(span: StoredSpan, offsetNs: number, { stored, offsetNs: otherNs }: PlacedSpan): boolean {
  return (
    offsetNs === otherNs &&
    span.durationNs === stored.durationNs &&
    span.name === stored.name &&
    span.parentSpanId === stored.parentSpanId &&
    span.service === stored.service
  )
}

export function offsetOf(placed: Pick<PlacedTrace, 'startUs' | 'startRemainderNs'>, us: number, rem: number): number {
  return (us - placed.startUs) * 1000 + (rem - placed.startRemainderNs)
}

function compareTimes(a: StoredSpan, b: StoredSpan): number {
  return a.startUs - b.startUs || a.startRemainderNs - b.startRemainderNs
}

function fromOpenSpan({ store }: Pick<Engine, 'store'>, span: OpenSpan): StoredSpan {
  const known = store.resources.ofRun(span.run)[0]
  const resource =
    known === undefined
      ? { id: 0, svc: 0, service: span.service, run: span.run, attributes: {} }
      : store.resources.byId(known)
  return {
    id: 0,
    traceNo: 0,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? null,
    resource,
    scope: { name: '', version: '', attributes: {} },
    service: span.service,
    name: span.name,
    kind: span.kind,
    status: 'unset',
    system: 'internal',
    groupKey: span.name,
    startUs: span.startUs,
    startRemainderNs: 0,
    durationNs: Math.max(0, (span.endedMillis ?? Date.now()) * 1000 - span.startUs) * 1000,
    httpStatus: null,
    attributes: (span.attributes ?? {}) as StoredSpan['attributes'],
    extra: {},
  }
}
