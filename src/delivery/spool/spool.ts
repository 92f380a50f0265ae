/**
 * Keeps on disk what is not acknowledged soon, so that it outlives the process. A file is deleted only after the acknowledgement:
 * delivery is at least once, and a duplicate carries the same span ids. When the disk fails, all goes on in memory.
 */
import fs from 'node:fs'
import path from 'node:path'
import { logThrottled } from '../../log.ts'
import { Batch, Body } from '../queue/batch.ts'
import type { Budget } from '../queue/budget.ts'
import type { DestinationQueue, QueuedRequest } from '../queue/destination-queue.ts'
import type { RunUntraced } from '../run-untraced.ts'
import { decodeSpoolFile, encodeSpoolFile, identify, type SpooledRequest } from './file-format.ts'
import { createSpoolFolder, removeEmpty } from './ownership.ts'

/** What is not acknowledged within this time is written. */
const SWEEP_MILLIS = 500
const FIRST_SWEEP_MILLIS = 100
/** Writing never blocks the loop longer than this, but at the end of the process. */
const SLICE_MILLIS = 5
/** Other processes' leavings are looked for this often. */
const CLAIM_MILLIS = 60_000
const RETRY_AFTER_ERROR_MILLIS = 10_000
const FILE_NAME = /^\d{13}-\d{6}\.otlp$/
const OWN_FILE = /^\d{13}-\d{6}\.otlp(\.tmp)?$/

export interface SpoolOptions {
  readonly directory: string
  readonly limitBytes: number
  readonly maxAgeMillis: number
  readonly budget: Budget
  readonly runUntraced: RunUntraced
  readonly queues: () => readonly DestinationQueue[]
}

export interface Spool {
  /** Files left out: torn, foreign or too old. */
  readonly skipped: number
  /** Deletes the file of a request that is settled. */
  discard(file: string): void
  /** The request is no longer in memory. */
  unload(file: string): void
  persist(queue: DestinationQueue, request: QueuedRequest): void
  /** Writes every request that is not on disk yet. */
  persistAll(): void
  /** Leaves the files to the next process. */
  stop(): void
}

interface StoredFile {
  readonly size: number
  readonly createdAt: number
  readonly count: number
  readonly queue: DestinationQueue
  /** Whether the request is in memory as well. */
  isLoaded: boolean
}

export function createSpool(options: SpoolOptions): Spool {
  const { directory, limitBytes, maxAgeMillis, budget, runUntraced, queues } = options
  const owned = createSpoolFolder(directory)
  /** Oldest first. */
  const files = new Map<string, StoredFile>()
  let usedBytes = 0
  let skipped = 0
  let sequence = 0
  let pausedUntil = 0
  let lastClaim = Number.NEGATIVE_INFINITY
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  runUntraced(() => schedule(FIRST_SWEEP_MILLIS))

  const spool: Spool = {
    get skipped() {
      return skipped
    },
    discard,
    unload(file) {
      const stored = files.get(file)
      if (stored) stored.isLoaded = false
    },
    persist: (queue, request) => guarded(() => write(queue, request)),
    persistAll: () =>
      guarded(() => {
        persistOlder(0)
      }),
    stop() {
      isStopped = true
      clearTimeout(timer)
      guarded(() => {
        if (fs.existsSync(owned.folder)) owned.release()
      })
    },
  }
  return spool

  function schedule(millis: number): void {
    timer = setTimeout(sweep, millis).unref()
  }

  function sweep(): void {
    if (isStopped) return
    let isDone = true
    guarded(() => {
      if (performance.now() - lastClaim > CLAIM_MILLIS) claim()
      isDone = persistOlder(SWEEP_MILLIS, SLICE_MILLIS)
      reload()
      if (fs.existsSync(owned.folder)) owned.beat()
    })
    schedule(isDone ? SWEEP_MILLIS : 1)
  }

  /** The disk is a helper, never a reason to fail. */
  function guarded(run: () => void): void {
    if (performance.now() < pausedUntil) return
    try {
      run()
    } catch (error) {
      pausedUntil = performance.now() + RETRY_AFTER_ERROR_MILLIS
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
      logThrottled(
        'warn',
        `spool:${code}`,
        `the spool directory can't be used (${code}); telemetry waits in memory only`,
      )
    }
  }

  /** @returns whether all of them are written, within `budgetMillis` */
  function persistOlder(olderThanMillis: number, budgetMillis = Number.POSITIVE_INFINITY): boolean {
    const start = performance.now()
    const limit = start - olderThanMillis
    for (const queue of queues()) {
      for (const request of queue.pending()) {
        if (request.spoolFile !== undefined || request.batch.createdAt > limit) continue
        if (performance.now() - start > budgetMillis) return false
        write(queue, request)
      }
    }
    return true
  }

  function write(queue: DestinationQueue, request: QueuedRequest): void {
    owned.ensure()
    const createdAt = Math.round(performance.timeOrigin + request.batch.createdAt)
    const { signal } = queue.destination
    const head = { signal, encoding: request.encoding, count: request.count, createdAt, ...identify(queue.destination) }
    const bytes = encodeSpoolFile({ ...head, body: request.body.bytes })
    makeRoom(bytes.length)
    if (bytes.length > limitBytes) return
    const name = `${String(createdAt).padStart(13, '0')}-${String(sequence++ % 1_000_000).padStart(6, '0')}.otlp`
    const file = path.join(owned.folder, name)
    try {
      fs.writeFileSync(`${file}.tmp`, bytes, { mode: 0o600 })
      fs.renameSync(`${file}.tmp`, file)
    } catch (error) {
      fs.rmSync(`${file}.tmp`, { force: true })
      throw error
    }
    request.spoolFile = file
    usedBytes += bytes.length
    files.set(file, { size: bytes.length, createdAt, count: request.count, queue, isLoaded: true })
  }

  /** The oldest files go first; a request that is in memory too only loses its copy. */
  function makeRoom(size: number): void {
    for (const [file, { queue, count, isLoaded }] of files) {
      if (usedBytes + size <= limitBytes) return
      if (isLoaded) queue.pending().find((request) => request.spoolFile === file)!.spoolFile = undefined
      else queue.dropParked(count, 'buffer_full')
      discard(file)
    }
  }

  function discard(file: string): void {
    const stored = files.get(file)
    if (!stored) return
    files.delete(file)
    usedBytes -= stored.size
    // at once: a process that ends has no turn for it, and the next one would send the request again
    fs.rmSync(file, { force: true })
    if (
      path.dirname(file) !== owned.folder &&
      ![...files.keys()].some((other) => path.dirname(other) === path.dirname(file))
    ) {
      setImmediate(() => removeEmpty(path.dirname(file))).unref()
    }
  }

  /** Files of processes that are gone become ours. */
  function claim(): void {
    lastClaim = performance.now()
    if (!fs.existsSync(directory)) return
    const others = fs
      .readdirSync(directory)
      .filter((name) => !name.startsWith('.') && path.join(directory, name) !== owned.folder)
    if (others.length === 0) return
    owned.ensure()
    for (const file of owned.claim()) adopt(file)
  }

  function adopt(file: string): void {
    const request = FILE_NAME.test(path.basename(file)) ? read(file) : undefined
    const queue = request && queueFor(request)
    if (!request || !queue || Date.now() - request.createdAt > maxAgeMillis) {
      skipped++
      // a request to an address which is not configured here may be of use to another process, until it is too old
      const isUseless = !request || Date.now() - request.createdAt > maxAgeMillis
      if (isUseless && OWN_FILE.test(path.basename(file))) fs.rmSync(file, { force: true })
      return
    }
    const { size } = fs.statSync(file)
    usedBytes += size
    files.set(file, { size, createdAt: request.createdAt, count: request.count, queue, isLoaded: false })
    queue.replay(request.count)
  }

  function read(file: string): SpooledRequest | undefined {
    try {
      return decodeSpoolFile(fs.readFileSync(file))
    } catch {
      return undefined
    }
  }

  function queueFor({ key, address }: SpooledRequest): DestinationQueue | undefined {
    const known = queues().map((queue) => ({ queue, ...identify(queue.destination) }))
    const sameAddress = known.filter((one) => one.address === address)
    // the token may have been renewed since
    return known.find((one) => one.key === key)?.queue ?? (sameAddress.length === 1 ? sameAddress[0]!.queue : undefined)
  }

  /** Brings requests that are on disk only back to memory, as long as there is room and their destination works. */
  function reload(): void {
    for (const [file, stored] of files) {
      if (budget.used > budget.limit / 2) return
      if (stored.isLoaded || stored.queue.isFailing) continue
      const request = read(file)
      if (!request) {
        skipped++
        stored.queue.dropParked(stored.count, 'unreadable')
        discard(file)
        continue
      }
      stored.isLoaded = true
      const batch = new Batch(request.signal, request.count, () => {})
      stored.queue.unpark({
        batch,
        body: new Body(request.body, budget),
        encoding: request.encoding,
        count: request.count,
        spoolFile: file,
      })
    }
  }
}
