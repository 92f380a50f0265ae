/** Looks through the spool's directory in short steps, for requests whose owners are gone. However many there are, few are remembered. */

import fs from 'node:fs'
import path from 'node:path'
import { performance } from '../../timers.ts'
import { findStranger } from './directory.ts'
import { type FileName, parseFileName, parseHelperName } from './file-name.ts'

/** The oldest ones are kept; the others are found again by a later scan. */
const MAX_FOUND = 1024
const MAX_LOOKED_AT = 100

export interface ScanOptions {
  readonly directory: string
  readonly isAlive: (owner: string) => boolean
  /** Whether one of our destinations takes the request of this file. */
  readonly isWanted: (name: FileName) => boolean
  readonly isExpired: (name: FileName) => boolean
  /** An entry that somebody else has put there. */
  readonly onStranger: (name: string, fault: string) => void
}

export interface Scan {
  /** Goes on until the time `end`. @returns whether the whole directory was seen */
  advance(end: number): boolean
  /** Names of requests without an owner that we can send, oldest first. Complete once the scan is done. */
  readonly found: string[]
  /** Whether the directory holds more such requests than `found` lists. */
  readonly hasMore: boolean
  /** Bytes of all such requests. */
  readonly bytes: number
  /** Entries that are left alone. */
  readonly left: number
  /** Entries that were of no use to anybody and are removed. */
  readonly removed: number
  close(): void
}

export function createScan({ directory, isAlive, isWanted, isExpired, onStranger }: ScanOptions): Scan {
  let handle: fs.Dir | undefined
  let found: string[] = []
  let hasMore = false
  let bytes = 0
  let left = 0
  let removed = 0
  let lookedAt = 0
  const verdicts = new Map<string, boolean>()

  return {
    advance,
    get found() {
      return found
    },
    get hasMore() {
      return hasMore
    },
    get bytes() {
      return bytes
    },
    get left() {
      return left
    },
    get removed() {
      return removed
    },
    close,
  }

  function advance(end: number): boolean {
    handle ??= fs.opendirSync(directory, { bufferSize: 128 })
    for (;;) {
      const entry = handle.readSync()
      if (entry === null) break
      look(entry.name)
      if (performance.now() >= end) return false
    }
    close()
    keepOldest()
    return true
  }

  function close(): void {
    handle?.closeSync()
    handle = undefined
  }

  function look(entry: string): void {
    const name = parseFileName(entry)
    if (name) lookAtRequest(entry, name)
    else lookAtOther(entry)
  }

  function lookAtRequest(entry: string, name: FileName): void {
    if (isOwned(name.owner)) return
    if (isWanted(name)) {
      bytes += name.bytes
      found.push(entry)
      if (found.length >= 2 * MAX_FOUND) keepOldest()
    } else if (isExpired(name) && unlink(entry)) removed++
    else left++
  }

  function lookAtOther(entry: string): void {
    const helper = parseHelperName(entry)
    if (helper) {
      if (isOwned(helper.owner)) return
      if (unlink(entry) && helper.kind === 'tmp') removed++
      return
    }
    left++
    if (lookedAt++ >= MAX_LOOKED_AT) return
    const fault = findStranger(path.join(directory, entry))
    if (fault) onStranger(entry, fault)
  }

  /** Asked after the file was seen: an owner creates its lock before its first file. */
  function isOwned(owner: string): boolean {
    const known = verdicts.get(owner)
    if (known !== undefined) return known
    const verdict = isAlive(owner)
    verdicts.set(owner, verdict)
    return verdict
  }

  function unlink(entry: string): boolean {
    try {
      fs.unlinkSync(path.join(directory, entry))
      return true
    } catch {
      // gone, or no file
      return false
    }
  }

  function keepOldest(): void {
    found.sort()
    if (found.length <= MAX_FOUND) return
    found = found.slice(0, MAX_FOUND)
    hasMore = true
  }
}
