/** Opens the SQLite database of the viewer. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { uptime } from 'node:os'
import path from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { log } from '../../log.ts'
import { markUntraced } from '../../untraced.ts'
import { numberIn } from '../query/language/values.ts'
import { PROFILE_TABLES } from './profiles.ts'
import { SCHEMA, SCHEMA_VERSION } from './schema.ts'

/** Larger than the default of 4096: a batch of spans fills pages, and fewer of them are written a fifth faster. */
const PAGE_BYTES = 16_384

const REGEXP_TEXT_LIMIT = 4096
const SQLITE_FULL = 13

export interface OpenedDatabase {
  readonly database: DatabaseSync
  readonly kind: 'disk' | 'memory'
  readonly path: string | null
}

/**
 * Opens or creates the database at `file`; without a file, or when another process holds it, in memory. A file that can't be read is set
 * aside, never deleted; one that belongs to another user is not touched.
 */
export function openDatabase(file: string | undefined): OpenedDatabase {
  if (file === undefined) return inMemory()
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    const owner = ownerOf(file)
    if (owner !== 'us') return inMemory(`${file} ${owner}`)
    return { database: openFile(file), kind: 'disk', path: file }
  } catch (error) {
    if (isLocked(error)) return inMemory(`${file} is in use by another viewer`)
    if (!isDamage(error)) return inMemory(`${file} can't be used: ${(error as Error).message}`)
    return replaceDamaged(file, error as Error)
  }
}

function inMemory(reason?: string): OpenedDatabase {
  if (reason !== undefined) log.warn(`viewer: ${reason}; what is received now is kept in memory only`)
  return { database: prepare(new UntracedDatabase(':memory:')), kind: 'memory', path: null }
}

/** Who else could have put data there, or can change it. */
function ownerOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (!stats || !process.getuid) return 'us'
  if (stats.uid !== process.getuid()) return 'belongs to another user'
  if ((stats.mode & 0o077) !== 0) chmodSync(file, 0o600)
  return 'us'
}

function replaceDamaged(file: string, error: Error): OpenedDatabase {
  try {
    setAside(file, error)
    return { database: openFile(file), kind: 'disk', path: file }
  } catch (cause) {
    return inMemory(`${file} can't be used: ${(cause as Error).message}`)
  }
}

/** Gives a file that can't be read another name; with a line that says so. */
export function setAside(file: string, { message }: Error): void {
  const aside = `${file}.unreadable-${new Date().toISOString().replace(/[:.]/g, '-')}`
  for (const ending of ['', '-wal', '-journal'])
    if (existsSync(file + ending)) renameSync(file + ending, aside + ending)
  rmSync(`${file}-shm`, { force: true })
  log.warn(`viewer: ${file} can't be read (${message}); it is set aside as ${aside}`)
}

/** SQLite's codes for a file that is corrupt, not a database, or of a schema that is not ours; or what we wrote as JSON is none. */
export function isDamage(error: unknown): boolean {
  const { errcode, code } = error as { errcode?: number; code?: string }
  // a number that no JavaScript wrote
  if (code === 'ERR_OUT_OF_RANGE') return true
  return errcode === undefined
    ? error instanceof SchemaError || error instanceof SyntaxError
    : [11, 26].includes(errcode & 0xff)
}

export const isFull = (error: unknown): boolean => ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_FULL

class SchemaError extends Error {}

function openFile(file: string): DatabaseSync {
  const database = new UntracedDatabase(file)
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
  addFunctions(database)
  database.exec(
    `PRAGMA page_size = ${PAGE_BYTES}; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 1000`,
  )
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version !== 0 && version !== SCHEMA_VERSION) throw new SchemaError(`its schema has version ${version}`)
  if (version === 0) database.exec(`BEGIN; ${SCHEMA}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
  addTables(database)
  return database
}

/** What is newer than the schema. On a full disk it is in memory: what is stored can still be read. */
function addTables(database: DatabaseSync): void {
  try {
    database.exec(PROFILE_TABLES)
  } catch (error) {
    if (!isFull(error)) throw error
    database.exec(PROFILE_TABLES.replaceAll('CREATE TABLE', 'CREATE TEMP TABLE').replace(/^CREATE INDEX.*$/gm, ''))
  }
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

/** `number_in('503', 0)` is 503, `number_in('gold', 0)` NULL, where a cast would give 0; `in_lower_case` knows more letters than `lower`. */
function addFunctions(database: DatabaseSync): void {
  addRegExp(database)
  database.function('in_lower_case', { deterministic: true }, (text) =>
    typeof text === 'string' ? text.toLowerCase() : text,
  )
  database.function('number_in', { deterministic: true }, (text, isTimed) =>
    typeof text === 'string' ? (numberIn(text, isTimed === 1) ?? null) : null,
  )
}

/** Whether the machine went down while the file was open: then not all that was written may be there. */
function mayBeDamaged(database: DatabaseSync): boolean {
  database.exec('CREATE TABLE IF NOT EXISTS open_since (boot TEXT NOT NULL)')
  const row = database.prepare('SELECT boot FROM open_since').get() as { boot: string } | undefined
  const boot = bootId()
  if (row?.boot !== boot) mark(database, boot)
  return row !== undefined && row.boot !== boot
}

/** On a full disk there is no room for the mark, but what is stored can still be read; such a run is not known as one in which the machine went down. */
function mark(database: DatabaseSync, boot: string): void {
  try {
    database.exec('DELETE FROM open_since')
    database.prepare('INSERT INTO open_since VALUES (?)').run(boot)
  } catch (error) {
    if (!isFull(error)) throw error
  }
}

function checkPages(database: DatabaseSync): void {
  const { quick_check: result } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (result !== 'ok') throw new SchemaError(`the file is damaged: ${result}`)
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

/** In a test suite the viewer is in the process that it watches, and must not watch itself. */
class UntracedDatabase extends DatabaseSync {
  constructor(file: string) {
    super(file)
    markUntraced(this)
  }

  override prepare(sql: string): StatementSync {
    return markUntraced(super.prepare(sql))
  }
}
