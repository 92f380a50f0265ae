/** What the writers of the three signals share: the open database, interned texts, resources, and the bus of changes. */
import type { DatabaseSync } from 'node:sqlite'
import type { DecodedResource, DecodedScope, ValueMap } from '../../wire/decode-types.ts'
import type { Interner } from './intern.ts'

export interface ResourceInfo {
  readonly id: number
  readonly svc: number
  readonly service: string
  readonly run: string
  readonly attributes: ValueMap
}

export interface StoreContext {
  readonly database: DatabaseSync
  readonly texts: Interner
  readonly scopes: Interner
  readonly resources: Resources
}

export interface Resources {
  /** The stored resource, made if it is new; the same decoded object is looked up once. */
  of(resource: DecodedResource): ResourceInfo
  byId(id: number): ResourceInfo
  /** Ids of the resources of a run. */
  ofRun(run: string): number[]
  all(): readonly ResourceInfo[]
  /** Adds to what a resource has sent; written at the end of the transaction. */
  touch(resource: ResourceInfo, firstUs: number, lastUs: number, spans: number, logs: number): void
  /** After a deletion or a rollback: what is remembered is what is stored. */
  reload(): void
}

interface ResourceRow {
  readonly id: number
  readonly attrs: string
  readonly svc: number
  readonly run: string
}

export function createResources(database: DatabaseSync, texts: Interner): Resources {
  const insert = database.prepare(
    'INSERT INTO resource (attrs, svc, run, first_us, last_us, spans, logs) VALUES (?, ?, ?, 9007199254740991, 0, 0, 0)',
  )
  const update = database.prepare(
    'UPDATE resource SET first_us = min(first_us, ?), last_us = max(last_us, ?), spans = spans + ?, logs = logs + ? WHERE id = ?',
  )
  const byText = new Map<string, ResourceInfo>()
  const byId = new Map<number, ResourceInfo>()
  let ofDecoded = new WeakMap<DecodedResource, ResourceInfo>()

  const remember = (row: ResourceRow): ResourceInfo => {
    const info: ResourceInfo = {
      id: row.id,
      svc: row.svc,
      service: texts.textOf(row.svc),
      run: row.run,
      attributes: JSON.parse(row.attrs) as ValueMap,
    }
    byText.set(row.attrs, info)
    byId.set(row.id, info)
    return info
  }
  const load = (): void => {
    for (const row of database.prepare('SELECT id, attrs, svc, run FROM resource').all())
      remember(row as unknown as ResourceRow)
  }
  load()

  return {
    of(resource) {
      const known = ofDecoded.get(resource)
      if (known) return known
      const attrs = JSON.stringify(resource.attributes)
      const info = byText.get(attrs) ?? remember(store(attrs, resource.attributes))
      ofDecoded.set(resource, info)
      return info
    },
    byId: (id) => byId.get(id) ?? { id, svc: 0, service: 'unknown_service', run: '', attributes: {} },
    ofRun: (run) => [...byId.values()].filter((info) => info.run === run).map(({ id }) => id),
    all: () => [...byId.values()],
    touch(resource, firstUs, lastUs, spans, logs) {
      update.run(firstUs, lastUs, spans, logs, resource.id)
    },
    reload() {
      byText.clear()
      byId.clear()
      ofDecoded = new WeakMap()
      load()
    },
  }

  function store(attrs: string, attributes: ValueMap): ResourceRow {
    const svc = texts.idOf(serviceOf(attributes))
    const run = runOf(attributes)
    return { id: Number(insert.run(attrs, svc, run).lastInsertRowid), attrs, svc, run }
  }
}

/** One run of one process: `service.instance.id`, or failing that host and pid. */
export function runOf(attributes: ValueMap): string {
  const instance = attributes['service.instance.id']
  if (typeof instance === 'string' && instance !== '') return instance
  const parts = [attributes['host.name'], attributes['process.pid']].filter((part) => part !== undefined)
  return parts.length === 0 ? serviceOf(attributes) : parts.join('/')
}

function serviceOf(attributes: ValueMap): string {
  const name = attributes['service.name']
  return typeof name === 'string' && name !== '' ? name : 'unknown_service'
}

/** A scope as one text: name, version and attributes. */
export function scopeKey(scope: DecodedScope): string {
  return JSON.stringify([scope.name, scope.version, scope.attributes])
}

const MAX_SCOPES = 1000
const scopes = new Map<string, DecodedScope>()

/** The scope of a key; the same object each time, as every span of a large trace asks. */
export function scopeOf(key: string): DecodedScope {
  const known = scopes.get(key)
  if (known) return known
  const [name, version, attributes] = (key === '' ? ['', '', {}] : JSON.parse(key)) as [string, string, ValueMap]
  const scope = { name, version, attributes }
  if (scopes.size >= MAX_SCOPES) scopes.clear()
  scopes.set(key, scope)
  return scope
}
