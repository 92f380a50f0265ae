/** Requests in the spool whose owners are gone: found, checked, and taken over by exactly one process. */

import fs from 'node:fs'
import path from 'node:path'
import { performance } from '../../timers.ts'
import type { DestinationQueue } from '../queue/destination-queue.ts'
import { readPrivate, UnsafeError } from './directory.ts'
import { type DestinationIdentity, decodeSpoolFile, identify, type SpooledRequest } from './file-format.ts'
import { type FileName, formatFileName, parseFileName } from './file-name.ts'
import type { Owner } from './owner.ts'
import { createScan, type Scan } from './scan.ts'

/** Other processes' leavings are looked for this often. */
const SCAN_MILLIS = 60_000
/** Earlier times come from a clock that was never set, and say nothing about an age. */
const FIRST_CREDIBLE_MILLIS = Date.UTC(2020, 0)

export interface OrphanOptions {
  readonly directory: string
  readonly owner: Owner
  readonly queues: readonly DestinationQueue[]
  /** Name of the service. */
  readonly service: string
  readonly maxAgeMillis: number
  /** An entry is not used, for this reason. */
  readonly onUnsafe: (entry: string, reason: string) => void
}

export interface Taken {
  readonly name: string
  readonly queue: DestinationQueue
  readonly request: SpooledRequest
  readonly bytes: number
  readonly isExpired: boolean
}

export interface Orphans {
  /** Looks through the directory when it is time to, until `end`. @returns whether nothing is left to look at for now */
  look(end: number): boolean
  /** Looks again soon. */
  hasSeenAll(): boolean
  /** Name of the oldest one which a queue of this kind takes. */
  next(accepts: (queue: DestinationQueue) => boolean): string | undefined
  /** @returns undefined when it was of no use, or another process was faster */
  take(name: string): Taken | undefined
  /** Bytes of those that are not taken over yet. */
  readonly bytes: number
  /** Files left out: torn, foreign or too old. */
  readonly skipped: number
  close(): void
}

export const isExpired = (createdAt: number, maxAgeMillis: number): boolean =>
  createdAt >= FIRST_CREDIBLE_MILLIS && Date.now() - createdAt > maxAgeMillis

export function createOrphans(options: OrphanOptions): Orphans {
  const { directory, owner, queues, service, maxAgeMillis, onUnsafe } = options
  const identities = queues.map((queue) => ({ queue, ...identify(queue.destination, service) }))
  let scan: Scan | undefined
  let nextScan = Number.NEGATIVE_INFINITY
  let found: string[] = []
  let hasMore = false
  let bytes = 0
  let skipped = 0
  let left = 0
  let sequence = 0

  return {
    look,
    hasSeenAll: () => nextScan !== Number.NEGATIVE_INFINITY,
    next(accepts) {
      return found.find((name) => {
        const queue = queueFor(parseFileName(name)!)
        return queue !== undefined && accepts(queue)
      })
    },
    take,
    get bytes() {
      return bytes
    },
    get skipped() {
      return skipped + left
    },
    close() {
      scan?.close()
      scan = undefined
    },
  }

  function look(end: number): boolean {
    if (!scan && performance.now() < nextScan && !(hasMore && found.length === 0)) return true
    scan ??= createScan({
      directory,
      isAlive: owner.isAlive,
      isWanted: (name) => queueFor(name) !== undefined,
      isExpired: ({ createdAt }) => isExpired(createdAt, maxAgeMillis),
      onStranger: onUnsafe,
    })
    if (!scan.advance(end)) return false
    found = scan.found
    hasMore = scan.hasMore
    bytes = scan.bytes
    left = scan.left
    skipped += scan.removed
    scan = undefined
    nextScan = performance.now() + SCAN_MILLIS
    return true
  }

  /** The same destination, or that of the same service with a token that was renewed since. */
  function queueFor({ key, origin }: DestinationIdentity): DestinationQueue | undefined {
    const exact = identities.find((one) => one.key === key)
    if (exact) return exact.queue
    const sameOrigin = identities.filter((one) => one.origin === origin)
    return sameOrigin.length === 1 ? sameOrigin[0]!.queue : undefined
  }

  function take(entry: string): Taken | undefined {
    found = found.filter((name) => name !== entry)
    const name = parseFileName(entry)!
    bytes -= name.bytes
    const content = read(entry)
    const request = content && decodeSpoolFile(content)
    const queue = request && queueFor(request)
    if (!content) return undefined
    if (!request || !queue) {
      refuse(entry, request)
      return undefined
    }
    const own = claim(entry, { ...name, bytes: content.length })
    if (own === undefined) return undefined
    const isTooOld = isExpired(request.createdAt, maxAgeMillis)
    if (isTooOld) skipped++
    return { name: own, queue, request, bytes: content.length, isExpired: isTooOld }
  }

  function read(entry: string): Buffer | undefined {
    try {
      return readPrivate(path.join(directory, entry))
    } catch (error) {
      if (!(error instanceof UnsafeError)) throw error
      skipped++
      onUnsafe(entry, error.message)
      return undefined
    }
  }

  /** Deletes a file that is torn, since nobody can use it. A whole request stays: another process may send to its destination. */
  function refuse(entry: string, request: SpooledRequest | undefined): void {
    skipped++
    if (!request) fs.rmSync(path.join(directory, entry), { force: true })
  }

  /** Only one of several processes can rename it. */
  function claim(entry: string, name: FileName): string | undefined {
    const own = formatFileName({ ...name, owner: owner.name, sequence: 500_000_000 + sequence++ })
    owner.hold()
    try {
      fs.renameSync(path.join(directory, entry), path.join(directory, own))
      return own
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
}
