/** Reads stored spans back as whole objects. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { DecodedScope, ValueMap } from '../../wire/decode-types.ts'
import type { SpanKind, SpanStatus, SpanSystem } from '../api.ts'
import { type ResourceInfo, type StoreContext, scopeOf } from './context.ts'
import { readArrays } from './read-arrays.ts'
import { readObject } from './read-json.ts'
import { httpStatusOf, KINDS, STATUSES, SYSTEMS, toHttpStatus } from './semantics.ts'
import { parseExtra, type SpanExtra } from './span-extra.ts'

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
  /** Null of a span that is not of HTTP as well. */
  readonly httpStatus: number | null
  readonly attributes: ValueMap
  readonly extra: SpanExtra
}

const NO_EXTRA: SpanExtra = Object.freeze({})
const COLUMNS =
  's.id, s.trace_no, s.span_id, s.parent_id, s.resource_id, s.scope_id, s.name, s.kind, s.status, s.start_us, s.start_rem, s.dur_ns, s.sys, s.grp, s.extra'
const HTTP_STATUS = `CASE WHEN s.sys = ${SYSTEMS.indexOf('http')} THEN coalesce(s.attrs ->> '$."http.response.status_code"', s.attrs ->> '$."http.status_code"') END`

type Row = readonly [
  id: number,
  traceNo: number,
  spanId: string,
  parentSpanId: string | null,
  resourceId: number,
  scopeId: number,
  name: number,
  kind: number,
  status: number,
  startUs: number,
  startRemainderNs: number,
  durationNs: number,
  system: number,
  group: number,
  extra: string | null,
  attributesOrStatus: string | number | null,
]

export function readSpans(context: StoreContext, where: string, ...args: SQLInputValue[]): StoredSpan[] {
  return readArrays<Row>(context.database, `SELECT ${COLUMNS}, s.attrs FROM span s ${where}`, args).map(
    (row) => new RowSpan(context, row, row[15] as string),
  )
}

/** For many of which few are looked at: attributes are read, each time, when somebody does. */
export function readSpansLazily(context: StoreContext, where: string, ...args: SQLInputValue[]): StoredSpan[] {
  return readArrays<Row>(context.database, `SELECT ${COLUMNS}, ${HTTP_STATUS} FROM span s ${where}`, args).map(
    (row) => new RowSpan(context, row, undefined),
  )
}

/** Reads its columns when somebody looks: most spans of a large trace are only counted. */
class RowSpan implements StoredSpan {
  readonly resource: ResourceInfo
  private readonly context: StoreContext
  private readonly row: Row
  private readonly attributesText: string | undefined
  private parsedAttributes: ValueMap | undefined
  private parsedExtra: SpanExtra | undefined

  constructor(context: StoreContext, row: Row, attributesText: string | undefined) {
    this.resource = context.resources.byId(row[4])
    this.context = context
    this.row = row
    this.attributesText = attributesText
    this.parsedAttributes = undefined
    this.parsedExtra = row[14] === null ? NO_EXTRA : undefined
  }

  get id(): number {
    return this.row[0]
  }
  get traceNo(): number {
    return this.row[1]
  }
  get spanId(): string {
    return this.row[2]
  }
  get parentSpanId(): string | null {
    return this.row[3]
  }
  get startUs(): number {
    return this.row[9]
  }
  get startRemainderNs(): number {
    return this.row[10]
  }
  get durationNs(): number {
    return this.row[11]
  }
  get scope(): DecodedScope {
    return scopeOf(this.context.scopes.textOf(this.row[5]))
  }
  get service(): string {
    return this.resource.service
  }
  get name(): string {
    return this.context.texts.textOf(this.row[6])
  }
  get kind(): SpanKind {
    return KINDS[this.row[7]] ?? 'unspecified'
  }
  get status(): SpanStatus {
    return STATUSES[this.row[8]] ?? 'unset'
  }
  get system(): SpanSystem {
    return SYSTEMS[this.row[12]] ?? 'internal'
  }
  get groupKey(): string {
    return this.context.texts.textOf(this.row[13])
  }
  get httpStatus(): number | null {
    if (this.system !== 'http') return null
    return this.attributesText === undefined ? toHttpStatus(this.row[15]) : httpStatusOf(this.attributes)
  }
  get attributes(): ValueMap {
    if (this.attributesText === undefined) return readAttributes(this.context, this.id)
    this.parsedAttributes ??= readObject<ValueMap>(this.attributesText)
    return this.parsedAttributes
  }
  get extra(): SpanExtra {
    this.parsedExtra ??= parseExtra(this.row[14]!)
    return this.parsedExtra
  }
}

const attributeStatements = new WeakMap<DatabaseSync, StatementSync>()

function readAttributes({ database }: StoreContext, id: number): ValueMap {
  const statement = attributeStatements.get(database) ?? database.prepare('SELECT attrs FROM span WHERE id = ?')
  attributeStatements.set(database, statement)
  const found = statement.get(id) as { attrs: string } | undefined
  return found ? (JSON.parse(found.attrs) as ValueMap) : {}
}

export function traceNoOf({ database }: StoreContext, traceId: string): number | undefined {
  const row = database.prepare('SELECT no FROM trace WHERE id = ?').get(traceId) as { no: number } | undefined
  return row?.no
}
