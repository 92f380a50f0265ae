/** The way of one signal from a closed batch to the queues of its destinations: compress once per encoding, then fan out. */
import type { Resource } from '@opentelemetry/resources'
import type { Compression, Signal } from '../../config/destination.ts'
import { recycle, type Scope } from '../../wire/encode-request.ts'
import type { RunUntraced } from '../run-untraced.ts'
import type { DestinationHealth, DropCounts, DropReason, SignalHealth } from '../types.ts'
import { Batch, Body } from './batch.ts'
import type { Budget } from './budget.ts'
import { compress, compressSync } from './compress.ts'
import type { DestinationQueue } from './destination-queue.ts'

/** One batch is compressed at a time: the thread pool belongs to the application. */
const MAX_COMPRESSING = 1

/** The resource and the scope that an item belongs to. */
export interface Origin {
  readonly resource: Resource
  readonly instrumentationScope: Scope
}

/** Items that no closed batch holds yet. */
export interface OpenItems {
  flush(): void
  /** The request that closing the open batch now would make. It stays open. */
  copy(): Buffer | undefined
  readonly count: number
  /** How many batches have been closed so far. */
  readonly closed: number
  /** When the open batch got its first item, in milliseconds of `performance.now()`. */
  readonly openedAt: number
  readonly bytes: number
}

export interface Pipeline {
  readonly signal: Signal
  readonly queues: readonly DestinationQueue[]
  created: number
  /** How many of those are not in a request yet, besides those in `open`. */
  encoding: number
  /** Completes at once what is being encoded in slices. */
  finishEncoding?: () => void
  /** Takes nothing more: the provider or delivery was shut down. */
  isClosed: boolean
  open: OpenItems | undefined
  /** Takes an item that another thread has encoded. */
  takeEncoded: ((origin: Origin, bytes: Uint8Array) => void) | undefined
  /** Takes an encoded request of `count` items. */
  accept(request: Buffer, count: number): void
  /** Items that never became part of a batch. */
  readonly lost: DropCounts
  /** Another thread has taken over items. */
  handOver(count: number): void
  /** Counts items that never became part of a batch. */
  drop(count: number, reason: DropReason): void
  /** Whether a closed batch has not reached the queues of its destinations. */
  readonly isCompressing: boolean
  /** Compresses in place whatever waits for it. */
  compressNow(): void
  /** Whether batches are made faster than some destination takes them. */
  readonly isBehind: boolean
  /** Batches that some destination has not settled. */
  readonly outstanding: ReadonlySet<Batch>
  health(): SignalHealth
}

interface RawBatch {
  readonly batch: Batch
  readonly bytes: Buffer
}

export function createPipeline(
  signal: Signal,
  queues: readonly DestinationQueue[],
  budget: Budget,
  runUntraced: RunUntraced,
): Pipeline {
  const outstanding = new Set<Batch>()
  const waiting: RawBatch[] = []
  const compressing = new Set<RawBatch>()
  /** A burst that leaves no turn to the thread pool is compressed in place beyond this. */
  const rawLimit = Math.min(4 * 1024 * 1024, budget.limit / 4)
  let rawBytes = 0
  let rawCount = 0

  const pipeline: Pipeline = {
    signal,
    queues,
    created: 0,
    encoding: 0,
    isClosed: false,
    open: undefined,
    takeEncoded: undefined,
    outstanding,
    get isBehind() {
      return queues.some((queue) => queue.isBehind)
    },
    accept,
    lost: {},
    get isCompressing() {
      return rawCount > 0
    },
    drop(count, reason) {
      pipeline.lost[reason] = (pipeline.lost[reason] ?? 0) + count
      for (const queue of queues) queue.drop(count, reason)
    },
    handOver(count) {
      for (const queue of queues) queue.handOver(count)
    },
    compressNow() {
      pipeline.finishEncoding?.()
      for (const raw of [...compressing, ...waiting.splice(0)]) {
        compressing.delete(raw)
        fanOut(raw, (encoding) => compressSync(raw.bytes, encoding))
      }
    },
    health,
  }
  return pipeline

  function accept(bytes: Buffer, count: number): void {
    const batch = new Batch(signal, count, (settled) => outstanding.delete(settled))
    outstanding.add(batch)
    batch.retain()
    const raw = { batch, bytes }
    rawBytes += bytes.length
    rawCount += count
    budget.add(bytes.length)
    if (encodings().every((encoding) => encoding === 'none')) fanOut(raw, () => bytes)
    else if (rawBytes > rawLimit) fanOut(raw, (encoding) => compressSync(bytes, encoding))
    else {
      waiting.push(raw)
      runUntraced(compressNext)
    }
  }

  function encodings(): Compression[] {
    return [...new Set(queues.map((queue) => queue.nextEncoding))]
  }

  function compressNext(): void {
    while (compressing.size < MAX_COMPRESSING) {
      const raw = waiting.shift()
      if (!raw) return
      compressing.add(raw)
      const wanted = encodings()
      void Promise.all(wanted.map((encoding) => compress(raw.bytes, encoding))).then((bodies) => {
        // the exit handler may have been faster
        if (!compressing.delete(raw)) return
        fanOut(raw, (encoding) => bodies[wanted.indexOf(encoding)] ?? compressSync(raw.bytes, encoding))
        compressNext()
      })
    }
  }

  function fanOut({ batch, bytes }: RawBatch, bodyFor: (encoding: Compression) => Buffer): void {
    rawBytes -= bytes.length
    rawCount -= batch.count
    budget.release(bytes.length)
    const bodies = new Map<Compression, Body>()
    for (const queue of queues) {
      const encoding = queue.nextEncoding
      const body = bodies.get(encoding) ?? new Body(bodyFor(encoding), budget)
      bodies.set(encoding, body)
      queue.enqueue({ batch, body, encoding, count: batch.count })
    }
    // nobody else reads it, unless it was sent as it is
    if (!bodies.has('none')) recycle(bytes)
    batch.release()
  }

  function health(): SignalHealth {
    const before = (pipeline.open?.count ?? 0) + pipeline.encoding + rawCount
    const destinations: DestinationHealth[] = queues.map((queue) => {
      const health = queue.health()
      return { ...health, queued: health.queued + before }
    })
    const { label: _label, state: _state, ...totals } = destinations[0]!
    return { created: pipeline.created, ...totals, destinations }
  }
}
