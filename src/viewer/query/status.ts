/** What the viewer holds and has received, and the runs of programs that sent it. */

import { VERSION } from '../../version.ts'
import type { Run, RunList, ViewerStatus } from '../api.ts'
import type { Ingest } from '../receive/ingest.ts'
import type { ResourceInfo } from '../store/context.ts'
import type { Store } from '../store/store.ts'

export interface StatusSources {
  readonly store: Store
  readonly ingest: Ingest
  readonly startedUs: number
  readonly url: string
  readonly dsn: string
  readonly otlpUrl: string | null
}

export function viewerStatus({ store, ingest, startedUs, url, dsn, otlpUrl }: StatusSources): ViewerStatus {
  const { retention, counters, limits } = store
  const traces = store.database.prepare('SELECT count(*) AS n FROM trace WHERE spans > 0').get() as { n: number }
  return {
    version: VERSION,
    startedUs,
    nowUs: Date.now() * 1000,
    url,
    dsn,
    otlpUrl,
    storage: {
      kind: store.kind,
      path: store.path,
      bytes: retention.bytes(),
      spans: retention.totals.spans,
      traces: traces.n,
      logs: retention.totals.logs,
      metricPoints: retention.totals.metricPoints,
      oldestUs: retention.oldestUs(),
      limits,
      eviction: retention.eviction,
      problem: store.problem,
    },
    ingest: {
      requests: ingest.log.requests,
      spans: counters.spans,
      logs: counters.logs,
      metricPoints: counters.metricPoints,
      rejected: counters.rejected,
      lastUs: counters.lastUs,
      lastError: ingest.log.lastError,
    },
  }
}

interface RunColumns {
  readonly id: number
  readonly run: string
  readonly first_us: number
  readonly last_us: number
  readonly spans: number
  readonly logs: number
}

const MAX_RUNS = 500

/** Resources of one run are one: some attributes come late. */
export function listRuns(store: Store, services: readonly string[]): RunList {
  const rows = store.database
    .prepare('SELECT id, run, first_us, last_us, spans, logs FROM resource WHERE last_us > 0 ORDER BY id')
    .all() as unknown as RunColumns[]
  const runs = [...Map.groupBy(rows, ({ run }) => run).values()]
    .map((group) => toRun(store.resources.byId(group.at(-1)!.id), group))
    .filter(({ service }) => services.length === 0 || services.includes(service))
    .sort((a, b) => b.firstUs - a.firstUs || (a.id < b.id ? -1 : 1))
  return { runs: runs.slice(0, MAX_RUNS) }
}

function toRun({ run, service, attributes }: ResourceInfo, rows: readonly RunColumns[]): Run {
  const pid = Number(attributes['process.pid'])
  return {
    id: run,
    service,
    command: commandOf(attributes),
    pid: Number.isInteger(pid) ? pid : null,
    host: textOf(attributes['host.name']),
    sdkLanguage: textOf(attributes['telemetry.sdk.language']),
    firstUs: Math.min(...rows.map((row) => row.first_us)),
    lastUs: Math.max(...rows.map((row) => row.last_us)),
    spans: rows.reduce((sum, row) => sum + row.spans, 0),
    logs: rows.reduce((sum, row) => sum + row.logs, 0),
  }
}

function commandOf(attributes: ResourceInfo['attributes']): string | null {
  const args = attributes['process.command_args']
  if (Array.isArray(args)) return args.join(' ')
  return textOf(attributes['process.command_line'] ?? attributes['process.command'])
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
