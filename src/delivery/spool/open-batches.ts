/**
 * Copies of the open batches on disk: a batch stays open for seconds, and a process can be killed at any time. A copy is replaced by a newer
 * one, and removed once the requests made of its batch are on disk themselves, or settled.
 */
import { performance } from '../../timers.ts'
import type { DestinationQueue } from '../queue/destination-queue.ts'
import type { Pipeline } from '../queue/signal-queue.ts'

/** A batch that closes sooner needs no copy. */
const YOUNG_MILLIS = 200
const COPY_MILLIS = 390

export interface OpenBatchesOptions {
  readonly pipelines: readonly Pipeline[]
  /** @returns the name of the file, or undefined when there is no room */
  write(queue: DestinationQueue, body: Buffer, count: number): string | undefined
  discard(file: string): void
}

interface Copy {
  files: string[]
  /** How many batches had been closed before, and how many items this one had. */
  closed: number
  count: number
  at: number
}

export interface OpenBatches {
  /** Whether a batch has been closed since its copy was written: the copy is then out of date. */
  hasClosed(): boolean
  copy(): void
  /** All that was closed is on disk, or settled: its copies go. */
  forgetClosed(): void
}

export function createOpenBatches({ pipelines, write, discard }: OpenBatchesOptions): OpenBatches {
  const copies = new Map<Pipeline, Copy>()
  return {
    hasClosed: () => [...copies].some(isClosed),
    copy() {
      for (const pipeline of pipelines) if (isDue(pipeline)) copyOne(pipeline)
    },
    forgetClosed() {
      for (const entry of copies) {
        if (!isClosed(entry) || entry[0].isCompressing) continue
        copies.delete(entry[0])
        entry[1].files.forEach(discard)
      }
    },
  }

  function isClosed([pipeline, { closed }]: [Pipeline, Copy]): boolean {
    return pipeline.open?.closed !== closed
  }

  function isDue(pipeline: Pipeline): boolean {
    const { open } = pipeline
    if (!open || open.count === 0 || performance.now() - open.openedAt < YOUNG_MILLIS) return false
    const copy = copies.get(pipeline)
    if (!copy) return true
    // the copy of a closed batch is still needed, and there is one of each signal
    if (copy.closed !== open.closed) return false
    return copy.count !== open.count && performance.now() - copy.at >= COPY_MILLIS
  }

  function copyOne(pipeline: Pipeline): void {
    const open = pipeline.open!
    const body = open.copy()
    if (!body) return
    const older = copies.get(pipeline)
    const { closed, count } = open
    const files = pipeline.queues.flatMap((queue) => write(queue, body, count) ?? [])
    // without room the older copy is better than none
    if (files.length < pipeline.queues.length && older) {
      files.forEach(discard)
      return
    }
    copies.set(pipeline, { files, closed, count, at: performance.now() })
    older?.files.forEach(discard)
  }
}
