/** Keeps the store within its limits: the oldest whole traces go first, in small steps, never one that is being looked at. */
import type { SQLInputValue } from 'node:sqlite'
import { logThrottled } from '../../log.ts'
import { type Arrived, createArrivals } from './arrivals.ts'
import type { StoreContext } from './context.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { createPins } from './pins.ts'
import { deleteProfiles } from './profiles.ts'
import { transaction } from './transaction.ts'
import { deleteExemplars, deleteUnused } from './unused.ts'

export interface Totals {
  spans: number
  logs: number
  metricPoints: number
  profileBytes: number
}

export interface Retention {
  readonly limits: Limits
  readonly totals: Totals
  /** When the first item was evicted, and how many since; null while all is kept. */
  readonly eviction: { sinceUs: number; spans: number; logs: number } | null
  /** Bytes in use, without the free pages of the file. */
  bytes(): number
  added(spans: number, logs: number, metricPoints: number): void
  addedProfile(bytes: number): void
  /** Keeps a trace for ten minutes because somebody looks at it. */
  pin(traceId: string): void
  /** Deletes what is beyond a limit now, a step at a time; true when there is more to do. */
  step(): boolean
  /** Start of the oldest span, or null. */
  oldestUs(): number | null
  clear(): void
  stop(): void
}

const STEP_ROWS = 10_000
/** After so many deleted rows, texts and series without use are looked for: that reads the whole store. */
const SWEEP_ROWS = 100_000
const CHECK_EVERY_MILLIS = 10_000
/** Of a limit: so much more is deleted at once, that not every request has to. */
const SLACK = 0.05
const DATA = 'span trace link log point series instrument exemplar resource scope str finding profile block arrival'
const TABLES = DATA.split(' ')

export function createRetention(context: StoreContext, asked: Partial<Limits>, onDeleted: () => void): Retention {
  const { database } = context
  const limits: Limits = { ...DEFAULT_LIMITS, ...asked }
  const number = (sql: string, ...args: SQLInputValue[]): number =>
    Number(Object.values(database.prepare(sql).get(...args) ?? { none: 0 })[0] ?? 0)
  const count = (table: string) => number(`SELECT count(*) FROM ${table}`)
  const profileBytes = number('SELECT sum(bytes) FROM profile')
  const totals: Totals = { spans: count('span'), logs: count('log'), metricPoints: count('point'), profileBytes }
  const arrivals = createArrivals(database, limits.maxAgeMillis / 10)
  const kept = database.prepare('SELECT * FROM eviction').get() as
    | { since_us: number; spans: number; logs: number }
    | undefined
  let eviction = kept ? { sinceUs: kept.since_us, spans: kept.spans, logs: kept.logs } : null
  const pins = createPins()
  let scheduled: NodeJS.Immediate | undefined
  /** Since texts without use were looked for. */
  let deletedRows = 0
  let sweptAt = Number.NEGATIVE_INFINITY
  const timer = setInterval(runSoon, CHECK_EVERY_MILLIS)
  timer.unref()

  const retention: Retention = {
    limits,
    totals,
    get eviction() {
      return eviction
    },
    bytes: () => (number('PRAGMA page_count') - number('PRAGMA freelist_count')) * number('PRAGMA page_size'),
    added(spans, logs, metricPoints) {
      totals.spans += spans
      totals.logs += logs
      totals.metricPoints += metricPoints
      if (isOverCount()) runSoon()
    },
    addedProfile(bytes) {
      totals.profileBytes += bytes
      if (isOverCount()) runSoon()
    },
    pin: pins.pin,
    step,
    oldestUs: () => number('SELECT min(start_us) FROM trace WHERE spans > 0') || null,
    clear() {
      transaction(database, () => {
        for (const table of [...TABLES, 'eviction']) database.exec(`DELETE FROM ${table}`)
      })
      database.exec('VACUUM')
      Object.assign(totals, { spans: 0, logs: 0, metricPoints: 0, profileBytes: 0 })
      eviction = null
    },
    stop() {
      clearInterval(timer)
      clearImmediate(scheduled)
      scheduled = undefined
    },
  }
  return retention

  function runSoon(): void {
    scheduled ??= setImmediate(() => {
      scheduled = undefined
      if (tryStep()) runSoon()
    })
  }

  /** A disk that is full, or gone, is no reason to end: the next check tries again. */
  function tryStep(): boolean {
    try {
      return step()
    } catch (error) {
      logThrottled('warn', 'viewer:retention', `viewer: old data can't be deleted: ${(error as Error).message}`)
      return false
    }
  }

  function isOverCount(): boolean {
    return (
      totals.spans > limits.maxSpans ||
      totals.logs > limits.maxLogs ||
      totals.metricPoints > limits.maxMetricPoints ||
      totals.profileBytes > limits.maxProfileBytes
    )
  }

  function step(): boolean {
    const cutoffUs = (Date.now() - limits.maxAgeMillis) * 1000
    const before = arrivals.before(cutoffUs)
    const isTooBig = retention.bytes() > limits.maxBytes
    let deleted = 0
    if (totals.spans > limits.maxSpans || isTooBig || hasOlder('trace', 'end_us', cutoffUs, before.trace))
      deleted += deleteTraces(isTooBig, cutoffUs, before)
    if (totals.logs > limits.maxLogs || isTooBig || hasOlder('log', 'time_us', cutoffUs, before.log))
      deleted += deleteLogs(isTooBig, cutoffUs, before)
    if (
      totals.metricPoints > limits.maxMetricPoints ||
      isTooBig ||
      hasOlder('point', 'time_us', cutoffUs, before.point)
    )
      deleted += deletePoints(isTooBig, cutoffUs, before)
    // samples name no text and no series: no sweep is due after them
    let profiles = 0
    if (totals.profileBytes > limits.maxProfileBytes || isTooBig || hasOlder('profile', 'end_us', cutoffUs, Infinity))
      profiles = forgetProfiles(isTooBig, cutoffUs)
    if (deleted > 0) arrivals.forgetDeleted()
    deletedRows += deleted
    // what the deleted rows named; it may be most of a small store
    // at a limit rows are deleted all the time: then it is done with one of the checks
    const isRest = deleted === 0 && performance.now() - sweptAt > CHECK_EVERY_MILLIS / 2
    if (deletedRows > 0 && (isTooBig || deletedRows > SWEEP_ROWS || isRest)) {
      deletedRows = 0
      sweptAt = performance.now()
      if (deleteUnused(database) > 0) onDeleted()
    }
    return deleted + profiles > 0
  }

  /** The oldest rows come first by id; what came after `last` is too young, whatever it tells of. */
  function hasOlder(table: string, column: string, cutoffUs: number, last: number): boolean {
    const key = table === 'trace' ? 'no' : 'id'
    const oldest = number(`SELECT ${column} FROM ${table} WHERE ${key} <= ? ORDER BY ${key} LIMIT 1`, last)
    return oldest > 0 && oldest < cutoffUs
  }

  function deleteTraces(isTooBig: boolean, cutoffUs: number, before: Arrived): number {
    const excess = excessOf(isTooBig, totals.spans, limits.maxSpans)
    const live = pins.live()
    const nos: number[] = []
    let rows = 0
    const oldest = database.prepare('SELECT no, id, spans, end_us FROM trace ORDER BY no')
    for (const trace of oldest.iterate() as Iterable<{ no: number; id: string; spans: number; end_us: number }>) {
      const isOld = trace.no <= before.trace && trace.end_us > 0 && trace.end_us < cutoffUs
      if ((rows >= excess && !isOld) || rows >= STEP_ROWS || nos.length >= STEP_ROWS) break
      if (live.has(trace.id)) continue
      nos.push(trace.no)
      rows += trace.spans
    }
    if (nos.length === 0) return 0
    const list = nos.join(',')
    return transaction(database, () => {
      database.exec(`DELETE FROM log WHERE trace_id IN (SELECT id FROM trace WHERE no IN (${list}))`)
      const logs = number('SELECT changes()')
      database.exec(
        `DELETE FROM span WHERE trace_no IN (${list}); DELETE FROM link WHERE from_no IN (${list}); DELETE FROM trace WHERE no IN (${list})`,
      )
      remember(rows, logs)
      return rows + logs + nos.length
    })
  }

  function deleteLogs(isTooBig: boolean, cutoffUs: number, before: Arrived): number {
    const excess = excessOf(isTooBig, totals.logs, limits.maxLogs)
    return transaction(database, () => {
      database.prepare('DELETE FROM log WHERE id IN (SELECT id FROM log ORDER BY id LIMIT ?)').run(excess)
      let logs = excess === 0 ? 0 : number('SELECT changes()')
      database
        .prepare(
          'DELETE FROM log WHERE id IN (SELECT id FROM log WHERE time_us < ? AND id <= ? ORDER BY time_us LIMIT ?)',
        )
        .run(cutoffUs, before.log, STEP_ROWS)
      logs += number('SELECT changes()')
      remember(0, logs)
      return logs
    })
  }

  function deletePoints(isTooBig: boolean, cutoffUs: number, before: Arrived): number {
    const excess = excessOf(isTooBig, totals.metricPoints, limits.maxMetricPoints)
    const last = number('SELECT max(id) FROM (SELECT id FROM point ORDER BY id LIMIT ?)', excess)
    const { changes } = database
      .prepare(
        'DELETE FROM point WHERE id <= ? OR (id IN (SELECT id FROM point WHERE id <= ? ORDER BY id LIMIT ?) AND time_us < ?)',
      )
      .run(last, before.point, STEP_ROWS, cutoffUs)
    deleteExemplars(database, cutoffUs, before.point)
    totals.metricPoints -= Number(changes)
    return Number(changes)
  }

  function forgetProfiles(isTooBig: boolean, cutoffUs: number): number {
    const excess = isTooBig ? totals.profileBytes / 8 : totals.profileBytes - limits.maxProfileBytes
    const { rows, bytes } = transaction(database, () => deleteProfiles(database, excess, cutoffUs))
    totals.profileBytes -= bytes
    return rows
  }

  function remember(spans: number, logs: number): void {
    totals.spans -= spans
    totals.logs -= logs
    if (spans + logs === 0) return
    eviction ??= { sinceUs: Date.now() * 1000, spans: 0, logs: 0 }
    eviction.spans += spans
    eviction.logs += logs
    database.exec('DELETE FROM eviction')
    database.prepare('INSERT INTO eviction VALUES (?, ?, ?)').run(eviction.sinceUs, eviction.spans, eviction.logs)
    if (spans > 0) onDeleted()
  }
}

/** How many to delete in a step: not all of a small store at once. */
function excessOf(isTooBig: boolean, count: number, limit: number): number {
  const beyond = count > limit ? count - limit + Math.floor(limit * SLACK) : 0
  const excess = isTooBig ? Math.max(Math.ceil(count / 8), 1) : beyond
  return Math.min(excess, STEP_ROWS)
}
