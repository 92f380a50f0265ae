/** Writes spans: a row each, the trace summaries, links, and what roll-ups and insights want to know. */
import type { DecodedSpan, Group } from '../../wire/decode-types.ts'
import { type ResourceInfo, type StoreContext, scopeKey } from './context.ts'
import { createMultiInsert } from './multi-insert.ts'
import { httpStatusOf, meaningOf, SYSTEMS } from './semantics.ts'
import { extraOf } from './span-extra.ts'
import type { TraceState, TraceSummaries } from './traces.ts'

/** Told of each span while it is written. */
export interface SpanObserver {
  onSpan(span: DecodedSpan, facts: SpanFacts): void
}

export interface SpanFacts {
  readonly resource: ResourceInfo
  readonly svc: number
  readonly name: number
  readonly kind: number
  readonly status: number
  readonly system: number
  readonly group: number
  readonly durationNs: number
}

export interface SpanWriter {
  /** Stores the spans of a request; gives how many were refused and why. */
  write(groups: readonly Group<DecodedSpan>[], nowUs: number): { stored: number; rejected: number; reason: string }
  reset(): void
}

const COLUMNS = [
  'trace_no',
  'span_id',
  'parent_id',
  'resource_id',
  'scope_id',
  'svc',
  'name',
  'kind',
  'status',
  'start_us',
  'start_rem',
  'dur_ns',
  'sys',
  'grp',
  'attrs',
  'extra',
]
const SERVER = 2
const CLIENT = 3
const PRODUCER = 4
const ERROR = 2
const SYSTEM_INDEX = new Map(SYSTEMS.map((system, index) => [system, index]))

export function createSpanWriter(context: StoreContext, traces: TraceSummaries, observer: SpanObserver): SpanWriter {
  const rows = createMultiInsert(context.database, 'span', COLUMNS)
  const insertLink = context.database.prepare(
    'INSERT INTO link (trace_id, span_id, from_no, from_span, attrs) VALUES (?, ?, ?, ?, ?)',
  )

  return {
    write(groups, nowUs) {
      let stored = 0
      let rejected = 0
      let reason = ''
      for (const group of groups) {
        const resource = context.resources.of(group.resource)
        const scope = context.scopes.idOf(scopeKey(group.scope))
        let first = Number.MAX_SAFE_INTEGER
        let last = 0
        let count = 0
        for (const span of group.items) {
          if (span.traceId === '' || span.spanId === '') {
            rejected++
            reason = 'a span has no valid trace id or span id'
            continue
          }
          writeSpan(span, resource, scope, nowUs)
          count++
          if (span.startUs < first) first = span.startUs
          if (span.endUs > last) last = span.endUs
        }
        if (count > 0) context.resources.touch(resource, first, Math.max(first, last), count, 0)
        stored += count
      }
      rows.flush()
      return { stored, rejected, reason }
    },
    reset: () => rows.reset(),
  }

  function writeSpan(span: DecodedSpan, resource: ResourceInfo, scope: number, nowUs: number): void {
    const { texts } = context
    const isOpen = span.endUs === 0
    const raw = isOpen ? 0 : (span.endUs - span.startUs) * 1000 + (span.endRemainderNs - span.startRemainderNs)
    const durationNs = Math.min(Math.max(raw, 0), Number.MAX_SAFE_INTEGER)
    const status = span.statusCode > ERROR ? 0 : span.statusCode
    const kind = span.kind > 5 ? 0 : span.kind
    const name = texts.idOf(nameOf(span))
    const { json, system, groupKey } = derive(span)
    const group = groupKey === span.name ? name : texts.idOf(groupKey)
    const state = traces.of(span.traceId)
    rows.add([
      state.no,
      span.spanId,
      span.parentSpanId || null,
      resource.id,
      scope,
      resource.svc,
      name,
      kind,
      status,
      span.startUs,
      span.startRemainderNs,
      durationNs,
      system,
      group,
      json,
      extraOf(span, isOpen, raw < 0),
    ])
    for (const link of span.links) {
      if (link.traceId !== '')
        insertLink.run(link.traceId, link.spanId, state.no, span.spanId, JSON.stringify(link.attributes))
    }
    const facts: SpanFacts = { resource, svc: resource.svc, name, kind, status, system, group, durationNs }
    addToTrace(state, span, facts, nowUs)
    observer.onSpan(span, facts)
  }
}

/** What is told from the attributes alone, given the name; kept with attributes that many spans share. */
interface Derived {
  readonly name: string
  readonly json: string
  /** Index into SYSTEMS. */
  readonly system: number
  readonly groupKey: string
}

function derive({ name, attributes, shared }: DecodedSpan): Derived {
  const known = shared?.derived as Derived | undefined
  if (known?.name === name) return known
  const { system, groupKey } = meaningOf(name, attributes)
  const json = known?.json ?? JSON.stringify(attributes)
  const derived: Derived = { name, json, system: SYSTEM_INDEX.get(system) ?? 0, groupKey }
  if (shared) shared.derived = derived
  return derived
}

function addToTrace(state: TraceState, span: DecodedSpan, facts: SpanFacts, nowUs: number): void {
  const { svc, status, kind } = facts
  state.spans++
  state.seenUs = nowUs
  if (status === ERROR) state.errors++
  if (kind === CLIENT || kind === PRODUCER) state.clients++
  if (span.startUs < state.startUs || (span.startUs === state.startUs && span.startRemainderNs < state.startRem)) {
    state.startUs = span.startUs
    state.startRem = span.startRemainderNs
  }
  const endUs = facts.durationNs === 0 ? span.startUs : span.endUs
  const endRem = facts.durationNs === 0 ? span.startRemainderNs : span.endRemainderNs
  if (endUs > state.endUs || (endUs === state.endUs && endRem > state.endRem)) {
    state.endUs = endUs
    state.endRem = endRem
  }
  const share = state.services.get(svc)
  if (!share) state.services.set(svc, [1, status === ERROR ? 1 : 0])
  else {
    share[0]++
    if (status === ERROR) share[1]++
  }
  const isRoot = span.parentSpanId === ''
  const isBetter = isRoot
    ? state.root === null || span.startUs < state.headUs
    : state.root === null && span.startUs < state.headUs
  if (!isBetter) return
  if (isRoot) state.root = span.spanId
  state.headUs = span.startUs
  state.headParent = span.parentSpanId || null
  state.headSvc = svc
  state.headName = facts.name
  state.headKind = kind
  state.headStatus = status
  state.http = kind === SERVER || isRoot ? httpStatusOf(span.attributes) : null
}

/** Uptrace's clients put an error that no span was active for into a span of this name: here it has the error's. */
function nameOf({ name, events }: DecodedSpan): string {
  if (name !== '__dummy__') return name
  const type = events.find((event) => event.name === 'exception')?.attributes['exception.type']
  return typeof type === 'string' && type !== '' ? type : name
}
