/** What the viewer holds and has received, and the runs of programs that sent it. */

import { VERSION } from '../../version.ts'
import type { RunList, ViewerStatus } from '../api.ts'
import type { Ingest } from '../receive/ingest.ts'
import type { Store } from '../store/store.ts'
import { programsOf } from './programs.ts'
import { runsOf } from './runs.ts'

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
      profileBytes: retention.totals.profileBytes,
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

const MAX_RUNS = 500

/** Processes and starts of programs, newest first. */
export function listRuns(store: Store, services: readonly string[]): RunList {
  const isWanted = (names: readonly string[]) => services.length === 0 || names.some((name) => services.includes(name))
  return {
    runs: runsOf(store)
      .filter(({ service }) => isWanted([service]))
      .slice(0, MAX_RUNS),
    programs: programsOf(store)
      .filter((program) => isWanted(program.services))
      .slice(0, MAX_RUNS),
  }
}
