/** The last send of a process: short tries, one time limit for all of it, and a line about what is lost. */

import type { MeterProvider } from '@opentelemetry/sdk-metrics'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { collectNow } from '../../signals/metrics/collect-now.ts'
import { hasMeasurements, hasUncollected } from '../../signals/metrics/measured.ts'
import { clearTimeout, performance, setTimeout } from '../../timers.ts'
import { type DestinationQueue, NOUNS } from '../queue/destination-queue.ts'
import type { Pipeline } from '../queue/signal-queue.ts'
import type { Spool } from '../spool/spool.ts'
import type { TakeOver } from '../threads/take-over.ts'
import type { DeliverySettings } from '../types.ts'
import { flushInWorker } from './flush-in-worker.ts'
import { recordUncaught } from './record-uncaught.ts'
import type { ExitHost } from './watch.ts'

/** A flush this soon after one that could not deliver all is part of the same end, and of its time limit. */
const SAME_END_MILLIS = 1000

/** A provider, as far as the end needs it. */
export interface Flushable {
  forceFlush?(options?: { timeoutMillis?: number }): Promise<unknown> | undefined
}

export interface EndingOptions {
  readonly options: DeliverySettings
  readonly pipelines: readonly Pipeline[]
  readonly spool: Spool | undefined
  readonly takeOver: TakeOver | undefined
  flush(timeoutMillis: number): Promise<void>
  /** Ends all waiting for acknowledgements. */
  giveUp(): void
}

export interface Ending extends ExitHost {
  /** Asked for its last values once the process is about to end. */
  meterProvider: MeterProvider | undefined
  /** Asked to flush as well: they may have processors, readers and exporters of the user's. */
  providers: readonly Flushable[]
  /** Whether metrics are collected at this moment by somebody after whom the event loop may not turn any more. */
  readonly isBlocking: boolean
  /** Collects metrics and has them encoded when this returns. */
  collectAtOnce(): void
  /** Whether a flush is under way that lets the event loop turn. */
  readonly isFlushing: boolean
  /** A destination has sent a request, or failed, while the process ends. */
  onProgress(): void
  /** Whether the process is ending and no destination that has work is worth waiting for. */
  isHopeless(): boolean
}

export function createEnding({ options, pipelines, spool, takeOver, flush, giveUp }: EndingOptions): Ending {
  const queues = pipelines.flatMap((pipeline) => pipeline.queues)
  let since: number | undefined
  let hasCollected = false
  /** Whether a collection is under way that the end of the process may cut off. */
  let isCollecting = false
  let isBlocking = false
  let createdAtLastFlush = -1
  let startedAt = 0
  let endedAt = Number.NEGATIVE_INFINITY
  /** Why nothing could be sent once the event loop had stopped. */
  let obstacle: string | undefined
  /** Destinations the flush before this one has given up. */
  let givenUp = new Set<DestinationQueue>()
  /** How many lost items have had their line. */
  const said = new Map<DestinationQueue, number>()

  const ending: Ending = {
    meterProvider: undefined,
    providers: [],
    get isBlocking() {
      return isBlocking
    },
    get isFlushing() {
      return since !== undefined
    },
    hasUnsent: () =>
      takeOver?.hasThreads === true || hasItems() || (ending.meterProvider !== undefined && hasUncollected()),
    collectAtOnce: () => whileBlocking(() => ending.meterProvider && collectNow(ending.meterProvider)),
    hasWork: () => (mayCollect() || hasItems()) && created() !== createdAtLastFlush,
    flushAsync,
    flushSync,
    conclude,
    isHopeless,
    onProgress() {
      if (isHopeless()) giveUp()
    },
    captureUncaught: options.captureUncaught
      ? (error, isFatal) =>
          recordUncaught(error, { sendsLogs: pipelines.some(({ signal }) => signal === 'logs'), isFatal })
      : undefined,
  }
  return ending

  function hasItems(): boolean {
    takeOver?.drain()
    return pipelines.some(({ outstanding, open, encoding }) => outstanding.size + (open?.count ?? 0) + encoding > 0)
  }

  /** Whether there may be values that nobody has asked for. */
  function mayCollect(): boolean {
    return !hasCollected && (ending.meterProvider !== undefined || ending.providers.length > 0)
  }

  /** What is known of the process itself comes along where something else is sent; alone it is no reason to delay the end. */
  function isWorthCollecting(): boolean {
    return hasCollected ? isCollecting || hasMeasurements() : hasUncollected() || hasItems()
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

  function isSameEnd(): boolean {
    return performance.now() - endedAt < SAME_END_MILLIS
  }

  async function flushAsync(): Promise<void> {
    createdAtLastFlush = created()
    const now = performance.now()
    if (!isSameEnd()) startedAt = now
    since = startedAt
    const timeoutMillis = Math.max(1, options.exitTimeoutMillis - (now - startedAt))
    for (const queue of queues) queue.hasten()
    const deadline = setTimeout(giveUp, timeoutMillis)
    await Promise.race([
      Promise.all([collect(timeoutMillis), flush(timeoutMillis)]),
      new Promise((resolve) => setTimeout(resolve, timeoutMillis).unref()),
    ])
    clearTimeout(deadline)
    // what comes after an end that delivered all has a limit of its own
    endedAt = hasItems() ? performance.now() : Number.NEGATIVE_INFINITY
    givenUp = new Set(queues.filter((queue) => queue.isHopeless))
    // another listener may have given the process more to do
    for (const queue of queues) queue.relax()
    since = undefined
  }

  /** What fails in a callback or an exporter of the application is reported by the SDK. */
  async function collect(timeoutMillis: number): Promise<void> {
    if (hasCollected) return
    const { providers } = ending
    const meterProvider = isWorthCollecting() ? ending.meterProvider : undefined
    hasCollected = isCollecting = true
    await Promise.allSettled([meterProvider, ...providers].map(async (one) => one?.forceFlush?.({ timeoutMillis })))
    isCollecting = false
  }

  function flushSync(limitMillis = Number.POSITIVE_INFINITY): void {
    if (isSameEnd()) since = startedAt
    else givenUp.clear()
    try {
      for (const queue of queues) queue.hold()
      collectLast()
      takeOver?.drain()
      for (const pipeline of pipelines) {
        pipeline.open?.flush()
        pipeline.compressNow()
      }
      // first on disk: the process may be killed while it waits for the worker
      spool?.persistAll()
      obstacle = flushInWorker(
        queues.filter((queue) => !givenUp.has(queue)),
        Math.min(remaining(), limitMillis),
      )
    } catch (error) {
      log.debug(`the exit flush failed: ${messageOf(error)}`)
    }
  }

  /** What can be had without a turn of the event loop. */
  function collectLast(): void {
    try {
      whileBlocking(() => {
        if (ending.meterProvider && isWorthCollecting()) collectNow(ending.meterProvider)
        // an exporter that needs no turn of the loop gets what is left
        for (const provider of ending.providers) provider.forceFlush?.()?.catch(() => {})
      })
    } catch (error) {
      log.debug(`the last collection failed: ${messageOf(error)}`)
    } finally {
      hasCollected = true
    }
  }

  /** Nothing that `run` starts leaves the rest to a later turn of the event loop. */
  function whileBlocking(run: () => void): void {
    isBlocking = true
    try {
      run()
    } finally {
      isBlocking = false
    }
  }

  function conclude(missing = `no answer within ${options.exitTimeoutMillis} ms`): void {
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
        const dropped = queue.dropped.not_in_time ?? 0
        const queued = dropped - (said.get(queue) ?? 0)
        said.set(queue, dropped)
        if (queued === 0) continue
        const key = `${queue.destination.label}: ${obstacle ?? lastError ?? missing}`
        losses.set(key, [...(losses.get(key) ?? []), `${queued} ${NOUNS[pipeline.signal]}`])
      }
    }
    spool?.stop()
    for (const [destination, items] of losses)
      log.warn(`${items.join(', ')} could not be delivered in time; ${destination}`)
  }
}
