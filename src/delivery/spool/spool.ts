/**
 * Keeps on disk what is not acknowledged soon, so that it outlives the process. A file is deleted only after the acknowledgement:
 * delivery is at least once, and a duplicate carries the same span ids. When the disk fails, all goes on in memory.
 */

import path from 'node:path'
import { messageOf } from '../../errors.ts'
import { log, logThrottled } from '../../log.ts'
import { clearTimeout, performance, setTimeout } from '../../timers.ts'
import type { Budget } from '../queue/budget.ts'
import type { DestinationQueue, QueuedRequest, RequestSpool } from '../queue/destination-queue.ts'
import type { Pipeline } from '../queue/signal-queue.ts'
import type { RunUntraced } from '../run-untraced.ts'
import { isPrivateDirectory, UnsafeError } from './directory.ts'
import { createOpenBatches } from './open-batches.ts'
import { createOrphans } from './orphans.ts'
import { createOwner } from './owner.ts'
import { createReplay } from './replay.ts'
import { createStore } from './store.ts'

/** Both together stay below half a second, the promise about what a killed process loses. */
const SWEEP_MILLIS = 200
const WRITE_AFTER_MILLIS = 250
const FIRST_SWEEP_MILLIS = 100
/** Work on the disk never blocks the loop longer than this, but at the end of the process. */
const SLICE_MILLIS = 3
const PAUSE_MILLIS = 4
const LAST_SCAN_MILLIS = 50
const RETRY_AFTER_ERROR_MILLIS = 10_000
/** About what a file has beside the body. */
const HEAD_BYTES = 256

export interface SpoolOptions {
  readonly directory: string
  readonly limitBytes: number
  readonly maxAgeMillis: number
  readonly budget: Budget
  readonly runUntraced: RunUntraced
  readonly pipelines: readonly Pipeline[]
  /** Name of the service. */
  readonly service: string
}

export interface Spool extends RequestSpool {
  /** Files left out: torn, foreign or too old. */
  readonly skipped: number
  /** Writes every request that is not on disk yet. */
  persistAll(): void
  /** Leaves the files to the next process. */
  stop(): void
}

export function createSpool(options: SpoolOptions): Spool {
  const { limitBytes, maxAgeMillis, budget, runUntraced, pipelines, service } = options
  const directory = path.resolve(options.directory)
  const queues = pipelines.flatMap((pipeline) => pipeline.queues)
  const owner = createOwner(directory)
  const store = createStore(directory, owner, service)
  const orphans = createOrphans({ directory, owner, queues, service, maxAgeMillis, onUnsafe: refuse })
  const openBatches = createOpenBatches({ pipelines, write: writeCopy, discard: store.discard })
  const replay = createReplay({ store, orphans, budget, maxAgeMillis, refuse })
  /** Requests which made room for younger ones: they are written again only when there is room without that. */
  const displaced = new WeakSet<QueuedRequest>()
  const pausedUntil = { write: 0, read: 0 }
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  runUntraced(() => schedule(FIRST_SWEEP_MILLIS))

  return {
    get skipped() {
      return orphans.skipped + replay.unreadable
    },
    discard: replay.discard,
    unload: replay.unload,
    persist: (queue, request) => guarded('write', () => write(queue, request, performance.now() + SLICE_MILLIS)),
    persistAll() {
      pausedUntil.write = 0
      guarded('write', () => {
        if (owner.hasLost()) replay.forgetLost()
        if (!orphans.hasSeenAll() && isPrivateDirectory(directory)) orphans.look(performance.now() + LAST_SCAN_MILLIS)
        persistOlder(0, performance.now() + LAST_SCAN_MILLIS)
        openBatches.forgetClosed()
      })
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
      guarded('read', orphans.close)
      guarded('write', owner.release)
    },
  }

  function schedule(millis: number): void {
    timer = setTimeout(sweep, millis).unref()
  }

  function sweep(): void {
    if (isStopped) return
    const end = performance.now() + SLICE_MILLIS
    let isDone = true
    guarded('write', () => {
      if (owner.hasLost()) replay.forgetLost()
      owner.beat()
      isDone = keep(end)
    })
    if (isDone) {
      guarded('read', () => {
        if (isPrivateDirectory(directory)) isDone = orphans.look(end) && replay.bringBack(end)
      })
    }
    schedule(isDone ? SWEEP_MILLIS : PAUSE_MILLIS)
  }

  /** @returns whether all is on disk that is due */
  function keep(end: number): boolean {
    const hasClosed = openBatches.hasClosed()
    for (const pipeline of pipelines) if (pipeline.isCompressing && isOld(pipeline)) pipeline.compressNow()
    if (!persistOlder(hasClosed ? 0 : WRITE_AFTER_MILLIS, Number.POSITIVE_INFINITY, end)) return false
    openBatches.forgetClosed()
    openBatches.copy()
    return true
  }

  /** The thread pool belongs to the application, which may keep it busy. */
  function isOld({ outstanding }: Pipeline): boolean {
    const limit = performance.now() - WRITE_AFTER_MILLIS
    for (const batch of outstanding) return batch.createdAt < limit
    return false
  }

  /** The disk is a helper, never a reason to fail; what fails to be read does not keep anything from being written. */
  function guarded(kind: 'write' | 'read', run: () => void): void {
    if (performance.now() < pausedUntil[kind]) return
    try {
      run()
    } catch (error) {
      if (kind === 'read') orphans.close()
      pausedUntil[kind] = performance.now() + RETRY_AFTER_ERROR_MILLIS
      const isUnsafe = error instanceof UnsafeError
      const reason = isUnsafe ? error.message : ((error as NodeJS.ErrnoException).code ?? messageOf(error))
      if (isUnsafe) sayOnce(`the spool directory ${directory} is not used: ${reason}; telemetry waits in memory only`)
      else sayFailure(kind, reason)
    }
  }

  function sayFailure(kind: 'write' | 'read', reason: string): void {
    const effect = kind === 'write' ? 'telemetry waits in memory only' : 'what earlier processes left waits there'
    logThrottled('warn', `spool:${kind}:${reason}`, `the spool directory can't be used (${reason}); ${effect}`)
  }

  function refuse(entry: string, reason: string): void {
    sayOnce(`${path.join(directory, entry)} in the spool directory is left alone: ${reason}`)
  }

  /** @returns whether all of them are written, by the time `end` */
  function persistOlder(olderThanMillis: number, roomEnd: number, end = Number.POSITIVE_INFINITY): boolean {
    const limit = performance.now() - olderThanMillis
    for (const queue of queues) {
      for (const request of queue.pending()) {
        if (request.spoolFile !== undefined || request.batch.createdAt > limit) continue
        if (performance.now() > end) return false
        write(queue, request, Math.min(end, roomEnd))
      }
    }
    return true
  }

  function write(queue: DestinationQueue, request: QueuedRequest, end: number): void {
    const body = request.body.bytes
    if (!makeRoom(body.length + HEAD_BYTES, end, displaced.has(request))) return
    const createdAt = performance.timeOrigin + request.batch.createdAt
    const { encoding, count } = request
    request.spoolFile = store.write(queue, { encoding, count, createdAt, body }, request)
  }

  function writeCopy(queue: DestinationQueue, body: Buffer, count: number): string | undefined {
    if (!makeRoom(body.length + HEAD_BYTES, performance.now() + SLICE_MILLIS, true)) return undefined
    const createdAt = performance.timeOrigin + performance.now()
    return store.write(queue, { encoding: 'none', count, createdAt, body })
  }

  /** The oldest files go first; a request that is in memory too only loses its copy. @returns whether there is room now */
  function makeRoom(size: number, end: number, isModest: boolean): boolean {
    if (size > limitBytes) return false
    while (store.usedBytes + orphans.bytes + size > limitBytes) {
      if (isModest || performance.now() > end || !replay.evictOldest((request) => displaced.add(request))) return false
    }
    return true
  }
}

const said = new Set<string>()

function sayOnce(message: string): void {
  if (said.has(message) || said.size > 100) return
  said.add(message)
  log.warn(message)
}
