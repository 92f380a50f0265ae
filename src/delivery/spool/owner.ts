/** Who owns a file of the spool, and whether that process still lives: each delivery has a lock file, and an owner without one is gone. */

import type * as Crypto from 'node:crypto'
import fs from 'node:fs'
import type * as Os from 'node:os'
import path from 'node:path'
import { performance } from '../../timers.ts'
import { lockName } from './file-name.ts'

/** The owner writes its lock this often, for those who can't see its process. */
const HEARTBEAT_MILLIS = 20_000
const STALE_MILLIS = 90_000

export interface Owner {
  readonly name: string
  /** Creates the lock, before the first file; again when someone has removed it. */
  hold(): void
  /** Whether someone has removed the lock, and so perhaps all else, since the last `hold`. Asked once. */
  hasLost(): boolean
  /** Shows that the owner lives. */
  beat(): void
  isAlive(other: string): boolean
  /** Others may take over at once. */
  release(): void
}

export function createOwner(directory: string): Owner {
  const { randomBytes } = process.getBuiltinModule('node:crypto') as typeof Crypto
  const name = randomBytes(8).toString('hex')
  const lock = path.join(directory, lockName(name))
  let lastBeat = Number.NEGATIVE_INFINITY
  let isHeld = false
  return {
    name,
    hold() {
      if (isHeld && fs.existsSync(lock)) return
      writeLock()
    },
    hasLost() {
      if (!isHeld || fs.existsSync(lock)) return false
      isHeld = false
      return true
    },
    beat() {
      if (!isHeld || performance.now() - lastBeat < HEARTBEAT_MILLIS) return
      writeLock()
    },
    isAlive: (other) => other === name || isLockAlive(path.join(directory, lockName(other))),
    release() {
      if (isHeld) fs.rmSync(lock, { force: true })
      isHeld = false
    },
  }

  function writeLock(): void {
    fs.writeFileSync(lock, JSON.stringify(describeProcess()), { mode: 0o600 })
    isHeld = true
    lastBeat = performance.now()
  }
}

/** What tells one process from all others, as far as the system says. */
export interface ProcessIdentity {
  readonly pid: number
  readonly host: string
  /** The boot and the container: process ids mean something only within it. */
  readonly space?: string | undefined
  /** When the process began, in ticks since the boot: the wall clock may jump, and two processes that had the same id differ in this. */
  readonly startedAt?: string | undefined
}

let own: ProcessIdentity | undefined

function describeProcess(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    host: (process.getBuiltinModule('node:os') as typeof Os).hostname(),
    space: readSpace(),
    startedAt: readStart(process.pid),
  }
  return own
}

function isLockAlive(lock: string): boolean {
  try {
    const { mtimeMs } = fs.statSync(lock)
    return isOwnerAlive(parse(fs.readFileSync(lock, 'utf8')), describeProcess(), {
      lastBeat: mtimeMs,
      now: Date.now(),
      readStart,
      isRunning,
    })
  } catch (error) {
    // only a lock that is not there says that its owner is gone
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

export interface Observation {
  readonly lastBeat: number
  readonly now: number
  readStart(pid: number): string | undefined
  isRunning(pid: number): boolean
}

/** An owner whose process can be seen is judged by it, any other one by its heartbeat. */
export function isOwnerAlive(owner: ProcessIdentity | undefined, self: ProcessIdentity, seen: Observation): boolean {
  // a clock that was set back leaves beats of the future behind
  const isBeating = Math.abs(seen.now - seen.lastBeat) <= STALE_MILLIS
  if (!owner) return isBeating
  if (owner.space !== undefined && owner.startedAt !== undefined && owner.space === self.space) {
    if (seen.readStart(owner.pid) !== owner.startedAt) return false
    // a thread of this process may have ended without the process
    return owner.pid !== self.pid || isBeating
  }
  if (owner.space === undefined && self.space === undefined && owner.host === self.host)
    return isBeating && seen.isRunning(owner.pid)
  return isBeating
}

function parse(text: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(text) as ProcessIdentity | null
    return typeof value?.pid === 'number' ? value : undefined
  } catch {
    return undefined
  }
}

function readSpace(): string | undefined {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${fs.readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}

function readStart(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    // the name of the program, in parentheses, may hold spaces and parentheses itself
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
