/** Services with their rate, errors, percentiles and logs, and the calls between them. */
import type { ServiceGraph } from '../api.ts'
import { emptyAggregate } from './aggregate.ts'
import { type Range, rangeOf, statsOf } from './call-stats.ts'
import type { Engine } from './engine.ts'
import { edgesOf } from './service-edges.ts'
import { and } from './sql.ts'

export function serviceGraph(engine: Engine, query: URLSearchParams): ServiceGraph {
  const { store, operations } = engine
  const range = rangeOf(engine, query)
  const counts = logCounts(engine, range)
  const services = [...operations.sum(range, ({ svc }) => svc)].map(([svc, sum]) => {
    const attributes = store.resources.all().findLast((resource) => resource.svc === svc)?.attributes ?? {}
    const names = new Set<string>()
    for (const operation of operations.operations())
      if (operation.svc === svc) names.add(`${operation.name}|${operation.kind}`)
    return {
      service: store.texts.textOf(svc),
      ...statsOf(sum, range),
      operations: names.size,
      logs: counts.get(svc)?.logs ?? 0,
      errorLogs: counts.get(svc)?.errors ?? 0,
      language: textOrNull(attributes['telemetry.sdk.language']),
      version: textOrNull(attributes['service.version']),
      sparkline: operations.series(range, range.bucketUs, (operation) => operation.svc === svc).calls,
      lastUs: sum.lastUs,
    }
  })
  const known = new Set(services.map(({ service }) => service))
  const onlyLogs = [...counts]
    .filter(([svc]) => !known.has(store.texts.textOf(svc)))
    .map(([svc, { logs, errors, lastUs }]) => {
      const attributes = store.resources.all().findLast((resource) => resource.svc === svc)?.attributes ?? {}
      return {
        service: store.texts.textOf(svc),
        ...statsOf(emptyAggregate(), range),
        operations: 0,
        logs,
        errorLogs: errors,
        language: textOrNull(attributes['telemetry.sdk.language']),
        version: textOrNull(attributes['service.version']),
        sparkline: [],
        lastUs,
      }
    })
  return {
    services: [...services, ...onlyLogs].sort((a, b) => b.totalNs - a.totalNs),
    edges: edgesOf(engine, query, range),
    bucketUs: range.bucketUs,
  }
}

function logCounts({ store }: Engine, range: Range): Map<number, { logs: number; errors: number; lastUs: number }> {
  const where = and([{ text: 'time_us BETWEEN ? AND ?', args: [range.fromUs, range.toUs] }])
  const rows = store.database
    .prepare(
      `SELECT svc, count(*) AS logs, sum(sev >= 17) AS errors, max(time_us) AS last FROM log WHERE ${where.text} GROUP BY svc`,
    )
    .all(...where.args) as { svc: number; logs: number; errors: number; last: number }[]
  const accepts = (svc: number) => !range.svcs || range.svcs.length === 0 || range.svcs.includes(svc)
  return new Map(
    rows
      .filter(({ svc }) => accepts(svc))
      .map((row) => [row.svc, { logs: row.logs, errors: row.errors, lastUs: row.last }]),
  )
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
