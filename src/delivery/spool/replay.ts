/** What becomes of requests that are on disk only: they come back to memory, make room, or get too old. */
import { performance } from '../../timers.ts'
import { Batch, Body } from '../queue/batch.ts'
import type { Budget } from '../queue/budget.ts'
import type { DestinationQueue, QueuedRequest } from '../queue/destination-queue.ts'
import { UnsafeError } from './directory.ts'
import type { SpooledRequest } from './file-format.ts'
import { isExpired, type Orphans } from './orphans.ts'
import type { Store } from './store.ts'

/** Small requests take more memory than their bytes say. */
const MAX_LOADED = 256

export interface ReplayOptions {
  readonly store: Store
  readonly orphans: Orphans
  readonly budget: Budget
  readonly maxAgeMillis: number
  /** A file is not used, for this reason. */
  readonly refuse: (file: string, reason: string) => void
}

export interface Replay {
  /** Files of ours that could not be read. */
  readonly unreadable: number
  /** Deletes the file of a request that is settled. */
  discard(file: string): void
  /** The request is no longer in memory. */
  unload(file: string): void
  /** Brings requests to memory, as long as there is room and their destination works. @returns whether that is all for now */
  bringBack(end: number): boolean
  /** Somebody else has removed files: what was on disk only is lost, what is in memory too is written again. */
  forgetLost(): void
  /** Makes room: a request that is in memory too only loses its copy. @returns false when there is nothing to give up */
  evictOldest(onDisplaced: (request: QueuedRequest) => void): boolean
}

export function createReplay({ store, orphans, budget, maxAgeMillis, refuse }: ReplayOptions): Replay {
  /** Requests that came from the disk. */
  const loaded = new Set<string>()
  /** Those on disk only. */
  const parked = new Set<string>()
  let unreadable = 0

  return {
    get unreadable() {
      return unreadable
    },
    discard,
    unload(file) {
      const stored = store.files.get(file)
      if (!stored) return
      stored.request = undefined
      loaded.delete(file)
      parked.add(file)
    },
    bringBack,
    forgetLost,
    evictOldest,
  }

  function discard(file: string): void {
    loaded.delete(file)
    parked.delete(file)
    store.discard(file)
  }

  function forgetLost(): void {
    const present = store.list()
    for (const [file, { queue, count, request }] of store.files) {
      if (present.has(file)) continue
      if (request) request.spoolFile = undefined
      if (!request && parked.has(file)) lose(file, queue, count)
      else discard(file)
    }
  }

  function lose(file: string, queue: DestinationQueue, count: number): void {
    unreadable++
    queue.dropParked(count, 'unreadable')
    discard(file)
  }

  function evictOldest(onDisplaced: (request: QueuedRequest) => void): boolean {
    const orphan = orphans.next(() => true)
    if (orphan !== undefined) {
      take(orphan, 'buffer_full')
      return true
    }
    for (const [file, { queue, count, request }] of store.files) {
      if (!request && !parked.has(file)) continue
      if (!request) queue.dropParked(count, 'buffer_full')
      else {
        request.spoolFile = undefined
        onDisplaced(request)
      }
      discard(file)
      return true
    }
    return false
  }

  function bringBack(end: number): boolean {
    dropExpired()
    for (const file of parked) {
      if (!hasRoom()) return true
      if (!store.files.get(file)!.queue.isFailing) load(file)
      if (performance.now() > end) return false
    }
    while (hasRoom()) {
      const orphan = orphans.next((queue) => !queue.isFailing)
      if (orphan === undefined) return true
      take(orphan)
      if (performance.now() > end) return false
    }
    return true
  }

  function hasRoom(): boolean {
    return budget.used <= budget.limit / 2 && loaded.size < MAX_LOADED
  }

  function dropExpired(): void {
    for (const file of parked) {
      const { queue, count, createdAt } = store.files.get(file)!
      if (!isExpired(createdAt, maxAgeMillis)) return
      queue.dropParked(count, 'too_old')
      discard(file)
    }
  }

  function load(file: string): void {
    const { queue, count } = store.files.get(file)!
    const request = read(file)
    if (request) unpark(file, queue, request)
    else lose(file, queue, count)
  }

  function read(file: string): SpooledRequest | undefined {
    try {
      return store.read(file)
    } catch (error) {
      if (!(error instanceof UnsafeError)) throw error
      refuse(file, error.message)
      return undefined
    }
  }

  /** A request of an earlier process becomes ours, or is dropped for `reason`, counted either way. */
  function take(orphan: string, reason?: 'buffer_full'): void {
    const taken = orphans.take(orphan)
    if (!taken) return
    const { name, queue, request, bytes } = taken
    const { count, createdAt } = request
    queue.replay(count)
    store.add(name, { bytes, createdAt, count, queue, request: undefined })
    const why = reason ?? (taken.isExpired ? 'too_old' : undefined)
    if (why === undefined) {
      unpark(name, queue, request)
      return
    }
    queue.dropParked(count, why)
    discard(name)
  }

  function unpark(file: string, queue: DestinationQueue, { signal, count, encoding, body }: SpooledRequest): void {
    const batch = new Batch(signal, count, () => {})
    const request: QueuedRequest = { batch, body: new Body(body, budget), encoding, count, spoolFile: file }
    store.files.get(file)!.request = request
    parked.delete(file)
    loaded.add(file)
    queue.unpark(request)
  }
}
