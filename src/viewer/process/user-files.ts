/** Where the viewer keeps its token, its state and its data: folders and files of this user only. */
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a running viewer says of itself to programs of the same user. */
export interface ViewerState {
  readonly pid: number
  readonly port: number
  readonly token: string
  readonly version: string
}

type Environment = Readonly<Record<string, string | undefined>>

const MOST_LOCKED_MILLIS = 10_000
const NAME = 'uptrace-node'
const IS_TOKEN = /^[\w-]{32}$/

export function stateDirectory(env: Environment = process.env): string {
  if (process.platform === 'win32') return path.join(localAppData(env), NAME)
  if (isSet(env['XDG_STATE_HOME'])) return path.join(env['XDG_STATE_HOME'], NAME)
  if (process.platform === 'darwin') return path.join(home(env), 'Library/Application Support', NAME)
  return path.join(home(env), '.local/state', NAME)
}

export function cacheDirectory(env: Environment = process.env): string {
  if (process.platform === 'win32') return path.join(localAppData(env), NAME, 'Cache')
  if (isSet(env['XDG_CACHE_HOME'])) return path.join(env['XDG_CACHE_HOME'], NAME)
  if (process.platform === 'darwin') return path.join(home(env), 'Library/Caches', NAME)
  return path.join(home(env), '.cache', NAME)
}

/** The token stays the same, so that addresses and DSNs that were printed stay valid. */
export function keptToken(env?: Environment): string {
  const file = path.join(stateDirectory(env), 'viewer-token')
  const known = readPrivate(file)?.trim()
  if (known !== undefined && IS_TOKEN.test(known)) return known
  const token = randomBytes(24).toString('base64url')
  if (known === undefined && createPrivate(file, `${token}\n`)) return token
  // another process has just written one, or what is there is not to be believed
  const theirs = readPrivate(file)?.trim()
  if (theirs !== undefined && IS_TOKEN.test(theirs)) return theirs
  writePrivate(file, `${token}\n`)
  return token
}

export function readState(env?: Environment): ViewerState | undefined {
  try {
    const state = JSON.parse(readPrivate(stateFile(env)) ?? '') as Partial<ViewerState> | null
    const { pid, port, token, version } = state ?? {}
    const isWhole =
      Number.isInteger(pid) && Number.isInteger(port) && typeof token === 'string' && typeof version === 'string'
    return isWhole ? (state as ViewerState) : undefined
  } catch {
    return undefined
  }
}

export function writeState(state: ViewerState, env?: Environment): void {
  writePrivate(stateFile(env), `${JSON.stringify(state)}\n`)
}

/** Removes the state unless another viewer has written its own by now. */
export function removeState(pid: number, env?: Environment): void {
  if (readState(env)?.pid === pid) rmSync(stateFile(env), { force: true })
}

/** Held while a viewer starts. One whose holder is gone, or that is held for longer than a start can take, is not respected. */
export async function lockStart(env?: Environment): Promise<() => void> {
  const file = path.join(stateDirectory(env), 'viewer.lock')
  const own = `${process.pid}\n`
  const deadline = Date.now() + MOST_LOCKED_MILLIS
  while (!createPrivate(file, own)) {
    if (Date.now() > deadline) break
    if (!isAlive(Number(readPrivate(file)))) rmSync(file, { force: true })
    await sleep(25)
  }
  return () => {
    if (readPrivate(file) === own) rmSync(file, { force: true })
  }
}

export function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function stateFile(env?: Environment): string {
  return path.join(stateDirectory(env), 'viewer.json')
}

/** A file that others may read or have put there is not believed. */
function readPrivate(file: string): string | undefined {
  try {
    const { uid, mode } = statSync(file)
    const isOurs = !process.getuid || (uid === process.getuid() && (mode & 0o077) === 0)
    return isOurs ? readFileSync(file, 'utf8') : undefined
  } catch {
    return undefined
  }
}

/** False when the file is there already. */
function createPrivate(file: string, text: string): boolean {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(temporary, file)
    return true
  } catch {
    return false
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Written beside and renamed: a reader never sees half a file. */
function writePrivate(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function home(env: Environment): string {
  return isSet(env['HOME']) ? env['HOME'] : homedir()
}

function localAppData(env: Environment): string {
  return isSet(env['LOCALAPPDATA']) ? env['LOCALAPPDATA'] : path.join(homedir(), 'AppData', 'Local')
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && path.isAbsolute(value)
}
