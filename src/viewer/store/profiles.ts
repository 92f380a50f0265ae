/** Keeps samples of programs, compressed, a row a report; and what held up their event loops. */

import type { DatabaseSync } from 'node:sqlite'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { LoopBlock, ProfileReport } from '../api.ts'

/** Made when a database is opened: one of the same schema that lacks them stays usable for both versions. */
export const PROFILE_TABLES = `
CREATE TABLE IF NOT EXISTS profile (id INTEGER PRIMARY KEY, run TEXT NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
  lost INTEGER NOT NULL, bytes INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS profile_run ON profile (run, end_us);
CREATE TABLE IF NOT EXISTS block (id INTEGER PRIMARY KEY, run TEXT NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, v TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS block_run ON block (run, end_us);
`

export type StoredProfile = Pick<
  ProfileReport,
  'startUs' | 'endUs' | 'intervalUs' | 'frames' | 'stacks' | 'spans' | 'samples'
> & { readonly lost: number }

export interface StoredBlock extends LoopBlock {
  readonly traceId: string | null
  readonly spanId: string | null
  /** Name of the span that ran it. */
  readonly name: string | null
  /** Ids of the traces that went on as soon as it was over. */
  readonly waiting: readonly string[]
}

/** @returns bytes added */
export function writeProfile(database: DatabaseSync, run: string, report: ProfileReport): number {
  const { startUs, endUs, intervalUs, frames, stacks, spans, samples, blocks, lost = 0 } = report
  const text = JSON.stringify({ startUs, endUs, intervalUs, frames, stacks, spans, samples })
  const data = deflateRawSync(text, { level: 1 })
  database
    .prepare('INSERT INTO profile (run, start_us, end_us, lost, bytes, data) VALUES (?, ?, ?, ?, ?, ?)')
    .run(run, startUs, endUs, lost, data.length, data)
  const insert = database.prepare('INSERT INTO block (run, start_us, end_us, v) VALUES (?, ?, ?, ?)')
  for (const { span, waiting, startUs: from, endUs: to, callee, file, line } of blocks) {
    const { traceId = null, spanId = null, name = null } = spans[span] ?? {}
    const traces = [...new Set(waiting.map((index) => spans[index]!.traceId))]
    const block: StoredBlock = { startUs: from, endUs: to, callee, file, line, traceId, spanId, name, waiting: traces }
    insert.run(run, from, to, JSON.stringify(block))
  }
  return data.length
}

/** Of one process, oldest first. */
export function* readProfiles(
  database: DatabaseSync,
  run: string,
  fromUs: number,
  toUs: number,
): Generator<StoredProfile> {
  const rows = database.prepare(
    'SELECT data, lost FROM profile WHERE run = ? AND end_us > ? AND start_us < ? ORDER BY end_us, id',
  )
  for (const { data, lost } of rows.iterate(run, fromUs, toUs) as Iterable<{ data: Uint8Array; lost: number }>)
    yield { ...(JSON.parse(inflateRawSync(data).toString('utf8')) as Omit<StoredProfile, 'lost'>), lost }
}

export function hasProfile(database: DatabaseSync, run: string, fromUs: number, toUs: number): boolean {
  const row = database.prepare('SELECT 1 FROM profile WHERE run = ? AND end_us > ? AND start_us < ? LIMIT 1')
  return row.get(run, fromUs, toUs) !== undefined
}

export function hasBlocks(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM block LIMIT 1').get() !== undefined
}

export function readBlocks(database: DatabaseSync, run: string, fromUs: number, toUs: number): StoredBlock[] {
  const rows = database.prepare('SELECT v FROM block WHERE run = ? AND end_us > ? AND start_us < ? ORDER BY end_us, id')
  return (rows.all(run, Math.floor(fromUs), Math.ceil(toUs)) as { v: string }[]).map(
    ({ v }) => JSON.parse(v) as StoredBlock,
  )
}

/** A request longer than this is not looked for. */
const MOST_US = 60_000_000
const MOST_TRACES = 500

/** Ids of traces that were open at some time between two instants. */
export function tracesWithin(database: DatabaseSync, fromUs: number, toUs: number): string[] {
  const rows = database.prepare(
    `SELECT id FROM trace WHERE start_us BETWEEN ? AND ? AND end_us >= ? ORDER BY start_us DESC LIMIT ${MOST_TRACES}`,
  )
  return (rows.all(fromUs - MOST_US, toUs + 1_000_000, fromUs) as { id: string }[]).map(({ id }) => id)
}

const MAX_DELETED = 10_000

/** Deletes the oldest reports: so many bytes, and what ended before an instant; of blocks, which are small, those of the same time. */
export function deleteProfiles(
  database: DatabaseSync,
  excessBytes: number,
  cutoffUs: number,
): { readonly rows: number; readonly bytes: number } {
  let bytes = 0
  let last = 0
  let untilUs = cutoffUs
  const oldest = database.prepare(`SELECT id, end_us, bytes FROM profile ORDER BY id LIMIT ${MAX_DELETED}`)
  for (const row of oldest.iterate() as Iterable<{ id: number; end_us: number; bytes: number }>) {
    if (bytes >= excessBytes && row.end_us >= cutoffUs) break
    last = row.id
    untilUs = Math.max(untilUs, row.end_us)
    bytes += row.bytes
  }
  const profiles = database.prepare('DELETE FROM profile WHERE id <= ?').run(last)
  const blocks = database.prepare('DELETE FROM block WHERE end_us <= ?').run(untilUs)
  return { rows: Number(profiles.changes) + Number(blocks.changes), bytes }
}
