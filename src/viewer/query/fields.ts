/** Fields and their values among the newest spans or log records, for completion in the query box. */
import type { FieldList, FieldValueList } from '../api.ts'
import { HttpError } from '../receive/body.ts'
import { BADGES } from '../store/badges.ts'
import { readObject } from '../store/read-json.ts'
import { KINDS, STATUSES } from '../store/semantics.ts'
import { SEVERITIES } from '../store/severity.ts'
import type { Store } from '../store/store.ts'
import { escapeLike } from './sql.ts'
import { required } from './window.ts'

type Type = FieldList['fields'][number]['type']
type Signal = 'spans' | 'logs'

const SAMPLE = 3000
const MAX_FIELDS = 200
const MAX_VALUES = 50

const BUILT_IN: Record<Signal, readonly (readonly [field: string, type: Type])[]> = {
  spans: [
    ['service', 'string'],
    ['name', 'string'],
    ['kind', 'string'],
    ['status', 'string'],
    ['duration', 'duration'],
    ['trace', 'string'],
    ['span', 'string'],
    ['parent', 'string'],
    ['scope', 'string'],
    ['event', 'string'],
    ['trace.duration', 'duration'],
    ['trace.spans', 'number'],
    ['trace.errors', 'number'],
    ['trace.logs', 'number'],
    ['root.service', 'string'],
    ['root.name', 'string'],
    ['badge', 'string'],
  ],
  logs: [
    ['service', 'string'],
    ['severity', 'string'],
    ['body', 'string'],
    ['trace', 'string'],
    ['span', 'string'],
    ['scope', 'string'],
    ['event', 'string'],
  ],
}

export function listFields(store: Store, query: URLSearchParams): FieldList {
  const signal = signalOf(query)
  const prefix = (query.get('prefix') ?? '').toLowerCase()
  const keys = new Map<string, { type: Type; count: number }>()
  const rows = sampleOf(store, signal)
  for (const { attrs, resource_id } of rows) {
    const resource = store.resources.byId(resource_id).attributes
    for (const [key, value] of Object.entries({ ...resource, ...readObject(attrs) })) {
      const type = typeOf(value)
      const known = keys.get(key)
      if (!known) keys.set(key, { type, count: 1 })
      else {
        known.count++
        if (known.type !== type) known.type = 'mixed'
      }
    }
  }
  const attributes = [...keys]
    .map(([field, { type, count }]) => ({ field, type, count }))
    .sort((a, b) => b.count - a.count || (a.field < b.field ? -1 : 1))
  const builtIn = BUILT_IN[signal].map(([field, type]) => ({ field, type, count: rows.length }))
  const matching = [...builtIn, ...attributes].filter(({ field }) => field.toLowerCase().startsWith(prefix))
  return { fields: matching.slice(0, MAX_FIELDS) }
}

export function listFieldValues(store: Store, query: URLSearchParams): FieldValueList {
  const signal = signalOf(query)
  const field = required(query, 'field')
  const prefix = (query.get('prefix') ?? '').toLowerCase()
  const counts = valuesOf(store, signal, field)
  const values = [...counts]
    .map(([value, count]) => ({ value, count }))
    .filter(({ value }) => value.toLowerCase().startsWith(prefix))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  return { values: values.slice(0, MAX_VALUES) }
}

function valuesOf(store: Store, signal: Signal, field: string): Map<string, number> {
  const { texts } = store
  if (field === 'badge') return new Map(BADGES.map((badge) => [badge, 0]))
  if (field === 'severity') return new Map(SEVERITIES.map((severity) => [severity, 0]))
  if (field === 'kind') return new Map(KINDS.map((kind) => [kind, 0]))
  if (field === 'status') return new Map(STATUSES.map((status) => [status, 0]))
  if (field === 'root.service') return countColumn(store, 'trace', 'head_svc', (id) => texts.textOf(Number(id)))
  if (field === 'root.name') return countColumn(store, 'trace', 'head_name', (id) => texts.textOf(Number(id)))
  if (signal === 'logs' && (field === 'event' || field === 'body')) return countColumn(store, 'log', field, String)
  const table = signal === 'spans' ? 'span' : 'log'
  if (field === 'service') return countColumn(store, table, 'svc', (id) => texts.textOf(Number(id)))
  if (field === 'name' && signal === 'spans') return countColumn(store, table, 'name', (id) => texts.textOf(Number(id)))
  if (field === 'scope')
    return countColumn(store, table, 'scope_id', (id) => (JSON.parse(store.scopes.textOf(Number(id))) as [string])[0])
  return attributeValues(store, signal, field)
}

function countColumn(
  { database }: Store,
  table: 'trace' | 'span' | 'log',
  column: string,
  toText: (value: number | string) => string,
): Map<string, number> {
  const key = table === 'trace' ? 'no' : 'id'
  const rows = database
    .prepare(
      `SELECT ${column} AS value, count(*) AS count FROM (SELECT ${column} FROM ${table} ORDER BY ${key} DESC LIMIT 20000)
        WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1000`,
    )
    .all() as { value: number | string; count: number }[]
  return new Map(rows.map(({ value, count }) => [toText(value), count]))
}

function attributeValues(store: Store, signal: Signal, field: string): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (value: unknown, count = 1) => {
    if (value === undefined || value === null) return
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
    if (text.length <= 200) counts.set(text, (counts.get(text) ?? 0) + count)
  }
  for (const { attrs } of sampleOf(store, signal, field)) add(readObject<Record<string, unknown>>(attrs)[field])
  for (const { attributes } of store.resources.all()) add(attributes[field])
  return counts
}

function sampleOf({ database }: Store, signal: Signal, field?: string): { attrs: string; resource_id: number }[] {
  const table = signal === 'spans' ? 'span' : 'log'
  const newest = `SELECT attrs, resource_id FROM ${table} ORDER BY id DESC LIMIT ${field === undefined ? SAMPLE : 50_000}`
  if (field === undefined) return database.prepare(newest).all() as { attrs: string; resource_id: number }[]
  return database
    .prepare(`SELECT * FROM (${newest}) WHERE attrs LIKE ? ESCAPE '\\' LIMIT ${SAMPLE}`)
    .all(`%${escapeLike(JSON.stringify(field))}:%`) as { attrs: string; resource_id: number }[]
}

function signalOf(query: URLSearchParams): Signal {
  const of = query.get('of') ?? 'spans'
  if (of !== 'spans' && of !== 'logs') throw new HttpError(400, 'bad_parameter', 'of is spans or logs.')
  return of
}

function typeOf(value: unknown): Type {
  return typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'string'
}
