/** Waits until all that was created so far is settled, or until a deadline, and tells what came of it. */

import type { Resource } from '@opentelemetry/resources'
import { MAX_TIMER_MILLIS } from '../deadline.ts'
import { clearTimeout, performance, setTimeout } from '../timers.ts'
import type { Batch } from './queue/batch.ts'
import type { Pipeline } from './queue/signal-queue.ts'
import type { FlushResult } from './types.ts'

/** The first requests wait this long for attributes of the resource that are still being detected. */
const RESOURCE_WAIT_MILLIS = 100

export interface Flusher {
  /**
   * The timer holds the process, as sockets and other timers of delivery do not; it is cleared with the answer.
   * @param timeoutMillis with 0 it begins to send and does not wait
   */
  flush(pipelines: readonly Pipeline[], timeoutMillis: number, holds?: boolean): Promise<FlushResult>
  /** Ends all waiting. */
  giveUp(): void
}

export interface FlusherOptions {
  readonly resource: Resource
  /** Whether the process is ending and no destination is worth waiting for. */
  readonly isHopeless: () => boolean
}

export function createFlusher({ resource, isHopeless }: FlusherOptions): Flusher {
  const startedAt = performance.now()
  /** What ends a wait. */
  const waits = new Set<() => void>()
  return {
    flush,
    giveUp: () => {
      for (const end of [...waits]) end()
    },
  }

  async function flush(pipelines: readonly Pipeline[], timeoutMillis: number, holds = true): Promise<FlushResult> {
    const deadline = performance.now() + timeoutMillis
    const before = countOutcomes(pipelines)
    const resourceMillis = Math.min(RESOURCE_WAIT_MILLIS - (performance.now() - startedAt), timeoutMillis)
    if (resource.asyncAttributesPending === true && resourceMillis > 0) await settleResource(resource, resourceMillis)
    for (const pipeline of pipelines) pipeline.open?.flush()
    const batches = pipelines.flatMap((pipeline) => [...pipeline.outstanding])
    for (const { queues } of pipelines) for (const queue of queues) queue.hurry()
    const restMillis = deadline - performance.now()
    if (batches.length > 0 && restMillis > 0) await settle(batches, restMillis, holds)
    const timedOut = pipelines.some(({ outstanding }) => batches.some((batch) => outstanding.has(batch)))
    return { ...difference(before, countOutcomes(pipelines)), timedOut }
  }

  function settle(batches: readonly Batch[], millis: number, holds: boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        waits.delete(end)
        resolve()
      }
      const timer = setTimeout(end, Math.min(Math.max(1, millis), MAX_TIMER_MILLIS))
      if (!holds) timer.unref()
      waits.add(end)
      void Promise.all(batches.map((batch) => batch.whenSettled())).then(end)
      if (isHopeless()) end()
    })
  }
}

interface Outcomes {
  readonly delivered: number
  readonly dropped: number
}

/** Over all signals; where a signal has several destinations, those of the least lucky one. */
export function countOutcomes(pipelines: readonly Pipeline[]): Outcomes {
  let delivered = 0
  let dropped = 0
  for (const { queues } of pipelines) {
    delivered += Math.min(...queues.map((queue) => queue.delivered))
    dropped += Math.max(...queues.map((queue) => sum(Object.values(queue.dropped))))
  }
  return { delivered, dropped }
}

export function difference(before: Outcomes, after: Outcomes): Outcomes {
  return { delivered: after.delivered - before.delivered, dropped: after.dropped - before.dropped }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

function settleResource(resource: Resource, millis: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(end, Math.max(1, millis))
    void resource.waitForAsyncAttributes?.().then(end, end)
  })
}
