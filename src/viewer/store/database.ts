/** Opens the SQLite database of the viewer. It is a cache: one that cannot be read, or is of another version, is put aside. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { uptime } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const SCHEMA_VERSION = 2
/** Larger than the default of 4096: a batch of spans fills pages, and fewer of them are written a fifth faster. */
const PAGE_BYTES = 16_384

/** Span ids are text: 2 % slower to insert than blobs, and readable. Two indexes on span: each further one halves the insert rate. */
const SCHEMA = `
CREATE TABLE str (id INTEGER PRIMARY KEY, v TEXT NOT NULL UNIQUE);
CREATE TABLE resource (id INTEGER PRIMARY KEY, attrs TEXT NOT NULL UNIQUE, svc INTEGER NOT NULL, run TEXT NOT NULL,
  first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, spans INTEGER NOT NULL, logs INTEGER NOT NULL);
CREATE TABLE scope (id INTEGER PRIMARY KEY, v TEXT NOT NULL UNIQUE);
CREATE TABLE trace (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, start_us INTEGER NOT NULL, start_rem INTEGER NOT NULL,
  end_us INTEGER NOT NULL, end_rem INTEGER NOT NULL, dur_ns INTEGER NOT NULL, spans INTEGER NOT NULL, errors INTEGER NOT NULL,
  logs INTEGER NOT NULL, clients INTEGER NOT NULL, root TEXT, head_us INTEGER NOT NULL, head_parent TEXT, head_svc INTEGER NOT NULL,
  head_name INTEGER NOT NULL, head_kind INTEGER NOT NULL, head_status INTEGER NOT NULL, http INTEGER, services TEXT NOT NULL,
  badges INTEGER NOT NULL DEFAULT 0, findings TEXT, seen_us INTEGER NOT NULL);
CREATE INDEX trace_start ON trace (start_us);
CREATE INDEX trace_dur ON trace (dur_ns);
CREATE TABLE span (id INTEGER PRIMARY KEY, trace_no INTEGER NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, resource_id INTEGER NOT NULL,
  scope_id INTEGER NOT NULL, svc INTEGER NOT NULL, name INTEGER NOT NULL, kind INTEGER NOT NULL, status INTEGER NOT NULL,
  start_us INTEGER NOT NULL, start_rem INTEGER NOT NULL, dur_ns INTEGER NOT NULL, sys INTEGER NOT NULL, grp INTEGER NOT NULL,
  attrs TEXT NOT NULL, extra TEXT);
CREATE INDEX span_trace ON span (trace_no);
CREATE INDEX span_svc ON span (svc, start_us, dur_ns, status, kind, name, trace_no);
CREATE TABLE link (trace_id TEXT NOT NULL, span_id TEXT NOT NULL, from_no INTEGER NOT NULL, from_span TEXT NOT NULL, attrs TEXT NOT NULL);
CREATE INDEX link_target ON link (trace_id, span_id);
CREATE INDEX link_from ON link (from_no);
CREATE TABLE log (id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, time_rem INTEGER NOT NULL, sev INTEGER NOT NULL, sev_text TEXT,
  svc INTEGER NOT NULL, resource_id INTEGER NOT NULL, scope_id INTEGER NOT NULL, trace_id TEXT, span_id TEXT, event TEXT,
  body TEXT NOT NULL, attrs TEXT NOT NULL);
CREATE INDEX log_time ON log (time_us);
CREATE INDEX log_trace ON log (trace_id) WHERE trace_id IS NOT NULL;
CREATE TABLE instrument (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, svc INTEGER NOT NULL, scope_id INTEGER NOT NULL,
  type TEXT NOT NULL, unit TEXT NOT NULL, description TEXT NOT NULL, temporality INTEGER NOT NULL, monotonic INTEGER NOT NULL);
CREATE TABLE series (id INTEGER PRIMARY KEY, instrument_id INTEGER NOT NULL, resource_id INTEGER NOT NULL, attrs TEXT NOT NULL,
  UNIQUE (instrument_id, resource_id, attrs));
CREATE TABLE point (id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL, time_us INTEGER NOT NULL, start_us INTEGER NOT NULL, value REAL, data TEXT);
CREATE INDEX point_series ON point (series_id, time_us);
CREATE TABLE exemplar (series_id INTEGER NOT NULL, time_us INTEGER NOT NULL, value REAL NOT NULL, trace_id TEXT, span_id TEXT);
CREATE INDEX exemplar_series ON exemplar (series_id, time_us);
CREATE TABLE finding (key TEXT PRIMARY KEY, weight INTEGER NOT NULL, v TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE dismissed (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE eviction (since_us INTEGER NOT NULL, spans INTEGER NOT NULL, logs INTEGER NOT NULL);
`

export interface OpenedDatabase {
  readonly database: DatabaseSync
  readonly kind: 'disk' | 'memory'
  readonly path: string | null
}

const REGEXP_TEXT_LIMIT = 4096

/** Opens or creates the database at `file`; without a file, or when another process holds it, in memory. */
export function openDatabase(file: string | undefined): OpenedDatabase {
  if (file === undefined) return inMemory()
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    return { database: openFile(file), kind: 'disk', path: file }
  } catch (error) {
    if (isLocked(error)) return inMemory()
  }
  try {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(file + ending, { force: true })
    return { database: openFile(file), kind: 'disk', path: file }
  } catch {
    return inMemory()
  }
}

function inMemory(): OpenedDatabase {
  return { database: prepare(new DatabaseSync(':memory:')), kind: 'memory', path: null }
}

function openFile(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    // without fsync a process may end in any way; only when the machine itself goes down can the file be damaged: see `mayBeDamaged`
    // a viewer that is just ending still holds the file
    database.exec('PRAGMA busy_timeout = 2000')
    database.exec(
      `PRAGMA page_size = ${PAGE_BYTES}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF`,
    )
    if (mayBeDamaged(database)) checkPages(database)
    return prepare(database)
  } catch (error) {
    database.close()
    throw error
  }
}

function prepare(database: DatabaseSync): DatabaseSync {
  addRegExp(database)
  database.exec(
    `PRAGMA page_size = ${PAGE_BYTES}; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 1000`,
  )
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version === SCHEMA_VERSION) return database
  if (version !== 0) throw new Error(`the schema has version ${version}`)
  database.exec(`BEGIN; ${SCHEMA}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
  return database
}

/** SQLite knows the word REGEXP, but not what it means. Only the beginning of a long text is looked at. */
function addRegExp(database: DatabaseSync): void {
  let last: { pattern: string; compiled: RegExp } | undefined
  database.function('regexp', { deterministic: true }, (pattern, text) => {
    if (typeof pattern !== 'string' || text === null) return 0
    if (last?.pattern !== pattern) last = { pattern, compiled: new RegExp(pattern, 'iu') }
    return last.compiled.test(String(text).slice(0, REGEXP_TEXT_LIMIT)) ? 1 : 0
  })
}

/** Whether the machine went down while the file was open: then not all that was written may be there. */
function mayBeDamaged(database: DatabaseSync): boolean {
  database.exec('CREATE TABLE IF NOT EXISTS open_since (boot TEXT NOT NULL)')
  const row = database.prepare('SELECT boot FROM open_since').get() as { boot: string } | undefined
  const boot = bootId()
  if (row?.boot !== boot) {
    database.exec('DELETE FROM open_since')
    database.prepare('INSERT INTO open_since VALUES (?)').run(boot)
  }
  return row !== undefined && row.boot !== boot
}

function checkPages(database: DatabaseSync): void {
  const { quick_check: result } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (result !== 'ok') throw new Error(`the file is damaged: ${result}`)
}

/** Names the time since the machine was started. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    // to the quarter of an hour: the clock may be set; at worst a sound file is checked
    return String(Math.round((Date.now() / 1000 - uptime()) / 900))
  }
}

/** Closes a database; on disk, says that all of it was written. */
export function closeDatabase(database: DatabaseSync): void {
  try {
    database.exec('DELETE FROM open_since')
  } catch {
    // in memory, or the disk is full
  }
  database.close()
}

function isLocked(error: unknown): boolean {
  return /locked|busy/i.test(String((error as Error).message))
}
