/** Stored traces as Jaeger's query API gives them, for tools that read from Jaeger. */
import type { AttributeValue } from '../api.ts'
import type { Engine } from '../query/engine.ts'
import { findTrace } from '../query/find-trace.ts'
import { parseDuration } from '../query/language/values.ts'
import { placeTrace } from '../query/place-trace.ts'
import { findTraces, selectTraces } from '../query/traces.ts'
import { limitOf, required } from '../query/window.ts'
import type { Route } from '../serve/router.ts'
import type { StoredSpan } from '../store/read-spans.ts'
import type { TraceRow } from '../store/traces.ts'
import { HttpError } from './body.ts'

interface Tag {
  readonly key: string
  readonly type: 'string' | 'bool' | 'int64' | 'float64'
  readonly value: string | number | boolean
}

export function jaegerRoutes(engine: Engine): Route[] {
  const { store } = engine
  return [
    {
      method: 'GET',
      path: '/api/traces/:traceId',
      handler: ({ params }) => {
        const row = findTrace(engine, params['traceId']!)
        if (!row || row.spans === 0) throw new HttpError(404, 'trace_not_found', 'trace not found')
        return envelope([toTrace(engine, row)])
      },
    },
    {
      method: 'GET',
      path: '/api/traces',
      handler: async ({ query }) => {
        const { rows } = await findTraces(engine, selectTraces(engine, translate(query)), {
          sort: 'newest',
          limit: limitOf(query, 20, 1500),
        })
        return envelope(rows.map((row) => toTrace(engine, row)))
      },
    },
    { method: 'GET', path: '/api/services', handler: () => envelope(servicesOf(engine)) },
    {
      method: 'GET',
      path: '/api/services/:service/operations',
      handler: ({ params }) => envelope(operationsOf(engine, params['service']!)),
    },
  ]

  function servicesOf({ operations }: Engine): string[] {
    const ids = new Set([...operations.operations()].map(({ svc }) => svc))
    return [...ids].map((id) => store.texts.textOf(id)).sort()
  }

  function operationsOf({ operations }: Engine, service: string): string[] {
    const svc = store.texts.find(service)
    const names = new Set(
      [...operations.operations()].filter((operation) => operation.svc === svc).map(({ name }) => name),
    )
    return [...names].map((id) => store.texts.textOf(id)).sort()
  }
}

function envelope(data: readonly unknown[]): unknown {
  return { data, total: data.length, limit: 0, offset: 0, errors: null }
}

/** Jaeger's parameters as ours: service, operation, tags, start and end in µs, lookback, minDuration, maxDuration. */
function translate(query: URLSearchParams): URLSearchParams {
  const own = new URLSearchParams({ service: required(query, 'service') })
  const terms: string[] = []
  const operation = query.get('operation')
  if (operation) terms.push(`name=${JSON.stringify(operation)}`)
  for (const [name, operator] of [
    ['minDuration', '>='],
    ['maxDuration', '<='],
  ] as const) {
    const text = query.get(name)
    if (text) terms.push(`duration${operator}${parseDuration(text, 0)}ns`)
  }
  for (const [key, value] of Object.entries(tagsOf(query))) terms.push(`${key}=${JSON.stringify(value)}`)
  if (terms.length > 0) own.set('q', terms.join(' '))
  const [start, end, lookback] = [query.get('start'), query.get('end'), query.get('lookback')]
  const endUs = end ? Number(end) : Date.now() * 1000
  if (end) own.set('to', end)
  if (start) own.set('from', start)
  else if (lookback && lookback !== 'custom') own.set('from', String(endUs - lookbackUs(lookback)))
  return own
}

function lookbackUs(text: string): number {
  const [, days] = /^(\d+)d$/.exec(text) ?? []
  return days === undefined ? Math.round(parseDuration(text, 0) / 1000) : Number(days) * 86_400_000_000
}

function tagsOf(query: URLSearchParams): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const tag of query.getAll('tag')) {
    const at = tag.indexOf(':')
    if (at > 0) tags[tag.slice(0, at)] = tag.slice(at + 1)
  }
  const json = query.get('tags')
  if (!json) return tags
  try {
    return { ...tags, ...(JSON.parse(json) as Record<string, string>) }
  } catch {
    throw new HttpError(400, 'bad_parameter', 'tags is a JSON object.')
  }
}

function toTrace(engine: Engine, row: TraceRow): unknown {
  const { spans } = placeTrace(engine, row, { alignClocks: false })
  const processes = new Map<number, { id: string; span: StoredSpan }>()
  const processOf = (span: StoredSpan): string => {
    const known = processes.get(span.resource.id)
    if (known) return known.id
    const id = `p${processes.size + 1}`
    processes.set(span.resource.id, { id, span })
    return id
  }
  const jaegerSpans = spans.map(({ stored }) => toSpan(row.id, stored, processOf(stored)))
  return {
    traceID: row.id,
    spans: jaegerSpans,
    processes: Object.fromEntries(
      [...processes.values()].map(({ id, span: { service, resource } }) => {
        const { 'service.name': _, ...attributes } = resource.attributes
        return [id, { serviceName: service, tags: toTags(attributes) }]
      }),
    ),
    warnings: null,
  }
}

function toSpan(traceId: string, span: StoredSpan, processId: string): unknown {
  const { extra } = span
  const tags = toTags(span.attributes)
  if (span.kind !== 'unspecified') tags.push({ key: 'span.kind', type: 'string', value: span.kind })
  if (span.scope.name !== '') tags.push({ key: 'otel.scope.name', type: 'string', value: span.scope.name })
  if (span.status !== 'unset') tags.push({ key: 'otel.status_code', type: 'string', value: span.status.toUpperCase() })
  if (span.status === 'error') tags.push({ key: 'error', type: 'bool', value: true })
  if (extra.m !== undefined) tags.push({ key: 'otel.status_description', type: 'string', value: extra.m })
  const parent =
    span.parentSpanId === null ? [] : [{ refType: 'CHILD_OF', traceID: traceId, spanID: span.parentSpanId }]
  const links = (extra.l ?? []).map(([traceID, spanID]) => ({ refType: 'FOLLOWS_FROM', traceID, spanID }))
  return {
    traceID: traceId,
    spanID: span.spanId,
    operationName: span.name,
    references: [...parent, ...links],
    startTime: span.startUs,
    duration: Math.round(span.durationNs / 1000),
    tags,
    logs: (extra.e ?? []).map(([name, timestamp, , attributes]) => ({
      timestamp,
      fields: [{ key: 'event', type: 'string', value: name }, ...toTags(attributes as StoredSpan['attributes'])],
    })),
    processID: processId,
    warnings: null,
  }
}

function toTags(attributes: { readonly [key: string]: AttributeValue }): Tag[] {
  return Object.entries(attributes).map(([key, value]): Tag => {
    if (typeof value === 'boolean') return { key, type: 'bool', value }
    if (typeof value === 'number') return { key, type: Number.isInteger(value) ? 'int64' : 'float64', value }
    return { key, type: 'string', value: typeof value === 'string' ? value : JSON.stringify(value) }
  })
}
