/** Reads stored spans back as whole objects. */
import type { SQLInputValue } from 'node:sqlite'
import type { DecodedScope, ValueMap } from '../../wire/decode-types.ts'
import type { SpanKind, SpanStatus, SpanSystem } from '../api.ts'
import { type ResourceInfo, type StoreContext, scopeOf } from './context.ts'
import { KINDS, STATUSES, SYSTEMS } from './semantics.ts'
import type { SpanExtra } from './span-extra.ts'

/** Columns of `span s`, with the id of the trace. */
export interface SpanColumns {
  readonly id: number
  readonly trace_no: number
  readonly span_id: string
  readonly parent_id: string | null
  readonly resource_id: number
  readonly scope_id: number
  readonly svc: number
  readonly name: number
  readonly kind: number
  readonly status: number
  readonly start_us: number
  readonly start_rem: number
  readonly dur_ns: number
  readonly sys: number
  readonly grp: number
  readonly attrs: string
  readonly extra: string | null
}

export interface StoredSpan {
  readonly id: number
  readonly traceNo: number
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly resource: ResourceInfo
  readonly scope: DecodedScope
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly status: SpanStatus
  readonly system: SpanSystem
  readonly groupKey: string
  readonly startUs: number
  readonly startRemainderNs: number
  readonly durationNs: number
  readonly attributes: ValueMap
  readonly extra: SpanExtra
}

const NO_EXTRA: SpanExtra = Object.freeze({})

export function readSpans(context: StoreContext, where: string, ...args: SQLInputValue[]): StoredSpan[] {
  const rows = context.database.prepare(`SELECT s.* FROM span s ${where}`).all(...args)
  return (rows as unknown as SpanColumns[]).map((row) => toStoredSpan(context, row))
}

export function toStoredSpan({ texts, scopes, resources }: StoreContext, row: SpanColumns): StoredSpan {
  const resource = resources.byId(row.resource_id)
  return {
    id: row.id,
    traceNo: row.trace_no,
    spanId: row.span_id,
    parentSpanId: row.parent_id,
    resource,
    scope: scopeOf(scopes.textOf(row.scope_id)),
    service: resource.service,
    name: texts.textOf(row.name),
    kind: KINDS[row.kind] ?? 'unspecified',
    status: STATUSES[row.status] ?? 'unset',
    system: SYSTEMS[row.sys] ?? 'internal',
    groupKey: texts.textOf(row.grp),
    startUs: row.start_us,
    startRemainderNs: row.start_rem,
    durationNs: row.dur_ns,
    attributes: JSON.parse(row.attrs) as ValueMap,
    extra: row.extra === null ? NO_EXTRA : (JSON.parse(row.extra) as SpanExtra),
  }
}

export function traceNoOf({ database }: StoreContext, traceId: string): number | undefined {
  const row = database.prepare('SELECT no FROM trace WHERE id = ?').get(traceId) as { no: number } | undefined
  return row?.no
}
