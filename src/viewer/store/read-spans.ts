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

export function toStoredSpan(context: StoreContext, row: SpanColumns): StoredSpan {
  return new RowSpan(context, row)
}

/** Reads its columns when somebody looks: most spans of a large trace are only counted. */
class RowSpan implements StoredSpan {
  readonly id: number
  readonly traceNo: number
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly resource: ResourceInfo
  readonly startUs: number
  readonly startRemainderNs: number
  readonly durationNs: number
  private readonly context: StoreContext
  private readonly row: SpanColumns
  private parsedAttributes: ValueMap | undefined
  private parsedExtra: SpanExtra | undefined

  constructor(context: StoreContext, row: SpanColumns) {
    this.id = row.id
    this.traceNo = row.trace_no
    this.spanId = row.span_id
    this.parentSpanId = row.parent_id
    this.resource = context.resources.byId(row.resource_id)
    this.startUs = row.start_us
    this.startRemainderNs = row.start_rem
    this.durationNs = row.dur_ns
    this.context = context
    this.row = row
    this.parsedAttributes = undefined
    this.parsedExtra = row.extra === null ? NO_EXTRA : undefined
  }

  get scope(): DecodedScope {
    return scopeOf(this.context.scopes.textOf(this.row.scope_id))
  }
  get service(): string {
    return this.resource.service
  }
  get name(): string {
    return this.context.texts.textOf(this.row.name)
  }
  get kind(): SpanKind {
    return KINDS[this.row.kind] ?? 'unspecified'
  }
  get status(): SpanStatus {
    return STATUSES[this.row.status] ?? 'unset'
  }
  get system(): SpanSystem {
    return SYSTEMS[this.row.sys] ?? 'internal'
  }
  get groupKey(): string {
    return this.context.texts.textOf(this.row.grp)
  }
  get attributes(): ValueMap {
    this.parsedAttributes ??= JSON.parse(this.row.attrs) as ValueMap
    return this.parsedAttributes
  }
  get extra(): SpanExtra {
    this.parsedExtra ??= JSON.parse(this.row.extra!) as SpanExtra
    return this.parsedExtra
  }
}

export function traceNoOf({ database }: StoreContext, traceId: string): number | undefined {
  const row = database.prepare('SELECT no FROM trace WHERE id = ?').get(traceId) as { no: number } | undefined
  return row?.no
}
