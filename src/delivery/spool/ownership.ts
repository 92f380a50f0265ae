/** Who owns which part of the spool: a folder for each process, taken over by another once its owner is gone. */
import fs from 'node:fs'
import type * as Os from 'node:os'
import path from 'node:path'

/** The owner touches its lock this often. */
const HEARTBEAT_MILLIS = 20_000
const STALE_MILLIS = 90_000
const LOCK = 'lock'
const OWN_NAME = /^\d+-[0-9a-f]{12}$/

export interface SpoolFolder {
  readonly folder: string
  /** Creates the folder; again when someone has removed it. @throws when the directory cannot be written */
  ensure(): void
  /** Shows that the owner lives. */
  beat(): void
  /** Takes over the folders whose owners are gone. @returns all files in them, by full path */
  claim(): string[]
  /** Gives up the lock, so that the next process may take over at once. Removes the folder when it is empty. */
  release(): void
}

export function createSpoolFolder(directory: string): SpoolFolder {
  const name = `${process.pid}-${randomName()}`
  const folder = path.join(directory, name)
  let lastBeat = 0

  return { folder, ensure, beat, claim, release }

  function ensure(): void {
    if (fs.existsSync(folder)) return
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    // under its final name it is never without a lock, so that nobody claims it in between
    const fresh = path.join(directory, `.${name}`)
    fs.mkdirSync(fresh, { mode: 0o700 })
    fs.writeFileSync(path.join(fresh, LOCK), JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 })
    fs.renameSync(fresh, folder)
    lastBeat = Date.now()
  }

  function beat(): void {
    if (Date.now() - lastBeat < HEARTBEAT_MILLIS) return
    lastBeat = Date.now()
    fs.utimesSync(path.join(folder, LOCK), new Date(), new Date())
  }

  function claim(): string[] {
    const files: string[] = []
    for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
      const other = path.join(directory, entry.name)
      if (!entry.isDirectory() || entry.name === name || !OWN_NAME.test(entry.name) || isOwned(other)) continue
      const taken = path.join(folder, `taken-${randomName()}`)
      try {
        // only one of several claimers can rename it
        fs.renameSync(other, taken)
      } catch {
        continue
      }
      files.push(...listFiles(taken))
    }
    return files
  }

  function release(): void {
    fs.rmSync(path.join(folder, LOCK), { force: true })
    removeEmpty(folder)
  }
}

const hostname = (): string => (process.getBuiltinModule('node:os') as typeof Os).hostname()
const randomName = (): string =>
  Math.trunc(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0')

function isOwned(folder: string): boolean {
  try {
    const lock = path.join(folder, LOCK)
    const beatenAt = fs.statSync(lock).mtimeMs
    if (Date.now() - beatenAt > STALE_MILLIS) return false
    const { pid, host } = JSON.parse(fs.readFileSync(lock, 'utf8')) as { pid: number; host: string }
    if (host !== hostname()) return true
    // in a container every process may have the same id: a lock older than ourselves is not of our threads
    if (pid === process.pid) return beatenAt > Date.now() - process.uptime() * 1000
    return isAlive(pid)
  } catch {
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function listFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name !== LOCK)
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}

/** Removes a folder and those in it as far as they hold nothing. */
export function removeEmpty(folder: string): void {
  try {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeEmpty(path.join(folder, entry.name))
      else if (entry.name === LOCK && path.basename(folder).startsWith('taken-')) fs.rmSync(path.join(folder, LOCK))
    }
    fs.rmdirSync(folder)
  } catch {
    // not empty, or gone
  }
}
