/** The last send of a process: short tries, one time limit for all of it, and a line about what is lost. */
import type { MeterProvider } from '@opentelemetry/api'
import { log } from '../../log.ts'
import { type DestinationQueue, NOUNS } from '../queue/destination-queue.ts'
import type { Pipeline } from '../queue/signal-queue.ts'
import type { Spool } from '../spool/spool.ts'
import type { DeliveryOptions } from '../types.ts'
import { flushInWorker } from './flush-in-worker.ts'
import { recordUncaught } from './record-uncaught.ts'
import type { ExitHost } from './watch.ts'

const TRIES = 3
/** A synchronous flush this soon after another one is part of the same end, and of its time limit. */
const SAME_END_MILLIS = 250

export interface EndingOptions {
  readonly options: DeliveryOptions
  readonly pipelines: readonly Pipeline[]
  readonly spool: Spool | undefined
  flush(timeoutMillis: number): Promise<void>
  /** Ends all waiting for acknowledgements. */
  giveUp(): void
}

export interface Ending extends ExitHost {
  /** Asked for its last values once the process is about to end. */
  meterProvider: MeterProvider | undefined
  /** A destination has sent a request, or failed, while the process ends. */
  onProgress(): void
  /** Whether the process is ending and no destination that has work is worth waiting for. */
  isHopeless(): boolean
}

export function createEnding({ options, pipelines, spool, flush, giveUp }: EndingOptions): Ending {
  const queues = pipelines.flatMap((pipeline) => pipeline.queues)
  let since: number | undefined
  let hasCollected = false
  let createdAtLastFlush = -1
  let startedAt = 0
  let endedAt = Number.NEGATIVE_INFINITY
  /** Destinations the flush before this one has given up. */
  let givenUp = new Set<DestinationQueue>()

  const ending: Ending = {
    meterProvider: undefined,
    hasWork: () => hasItems() && created() !== createdAtLastFlush,
    flushAsync,
    flushSync,
    conclude,
    isHopeless,
    onProgress() {
      if (isHopeless()) giveUp()
    },
    captureUncaught: options.captureUncaught
      ? (error) =>
          recordUncaught(
            error,
            pipelines.some(({ signal }) => signal === 'logs'),
          )
      : undefined,
  }
  return ending

  function hasItems(): boolean {
    const mayCollect = ending.meterProvider !== undefined && !hasCollected
    return mayCollect || pipelines.some((pipeline) => pipeline.outstanding.size > 0 || (pipeline.open?.count ?? 0) > 0)
  }

  /** Spans and log records so far; metrics do not count, as the last flush itself makes some. */
  function created(): number {
    return pipelines.reduce((sum, pipeline) => sum + (pipeline.signal === 'metrics' ? 0 : pipeline.created), 0)
  }

  function isHopeless(): boolean {
    return queues.some((queue) => queue.isHopeless) && queues.every((queue) => queue.queued === 0 || queue.isHopeless)
  }

  function remaining(): number {
    since ??= performance.now()
    return Math.max(0, options.exitTimeoutMillis - (performance.now() - since))
  }

  async function flushAsync(): Promise<void> {
    createdAtLastFlush = created()
    startedAt = performance.now()
    since = startedAt
    const timeoutMillis = Math.max(1, options.exitTimeoutMillis)
    for (const queue of queues) queue.hasten(TRIES)
    const deadline = setTimeout(giveUp, timeoutMillis)
    await Promise.race([
      Promise.all([collect(), flush(timeoutMillis)]),
      new Promise((resolve) => setTimeout(resolve, timeoutMillis).unref()),
    ])
    clearTimeout(deadline)
    endedAt = performance.now()
    givenUp = new Set(queues.filter((queue) => queue.isHopeless))
    // another listener may have given the process more to do
    for (const queue of queues) queue.relax()
    since = undefined
  }

  async function collect(): Promise<void> {
    if (hasCollected) return
    hasCollected = true
    try {
      await (ending.meterProvider as { forceFlush?(): Promise<void> } | undefined)?.forceFlush?.()
    } catch {
      // a metric callback of the application that fails is reported by the SDK
    }
  }

  function flushSync(): void {
    if (performance.now() - endedAt < SAME_END_MILLIS) since = startedAt
    else givenUp.clear()
    try {
      for (const queue of queues) queue.hold()
      for (const pipeline of pipelines) {
        pipeline.open?.flush()
        pipeline.compressNow()
      }
      // first on disk: the process may be killed while it waits for the worker
      spool?.persistAll()
      flushInWorker(
        queues.filter((queue) => !givenUp.has(queue)),
        remaining(),
      )
    } catch (error) {
      log.debug(`the exit flush failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  function conclude(): void {
    const losses = new Map<string, string[]>()
    for (const queue of queues) queue.hold()
    for (const pipeline of pipelines) {
      pipeline.open?.flush()
      pipeline.compressNow()
    }
    spool?.persistAll()
    for (const pipeline of pipelines) {
      for (const queue of pipeline.queues) {
        const { lastError } = queue
        queue.stop('not_in_time')
        const queued = queue.dropped.not_in_time ?? 0
        if (queued === 0) continue
        const key = `${queue.destination.label}: ${lastError ?? `no answer within ${options.exitTimeoutMillis} ms`}`
        losses.set(key, [...(losses.get(key) ?? []), `${queued} ${NOUNS[pipeline.signal]}`])
      }
    }
    spool?.stop()
    for (const [destination, items] of losses)
      log.warn(`${items.join(', ')} could not be delivered in time; ${destination}`)
  }
}
