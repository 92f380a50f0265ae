/**
 * Tells of blocks of the event loop: a log record, an event on the span that was active, and a metric. The main thread has a pulse, and measures how
 * late it is; a worker sees that it stops, and gets the stack while it does.
 */

import diagnosticsChannel from 'node:diagnostics_channel'
import inspector from 'node:inspector'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker } from 'node:worker_threads'
import { context, type LoggerProvider, type MeterProvider, SeverityNumber, type Span, trace } from '@opentelemetry/api'
import { messageOf } from '../../errors.ts'
import { distFolder, isComplete } from '../../lazy.ts'
import { log } from '../../log.ts'
import { clearInterval, performance, setInterval } from '../../timers.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { describe, placeOf, stackAttributes } from './frames.ts'
import { type Frame, MAIN_PULSE, STACK_CHANNEL, type StackNews, type WatchWork, WORKER_PULSE } from './protocol.ts'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

export interface BlockOptions {
  readonly thresholdMillis: number
  readonly meterProvider: MeterProvider
  readonly loggerProvider: LoggerProvider
}

interface Taken {
  readonly frames: readonly Frame[]
  readonly span: Span | undefined
  readonly context: ReturnType<typeof context.active>
}

const NAME = 'event_loop.block'
const SCOPE = `${DISTRO_NAME}/event-loop`
const BOUNDARIES = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const MIN_PULSE_MILLIS = 5
/** Further blocks within this time are in the metric only. */
const REPEAT_AFTER_MILLIS = 1_000

/** @returns what ends it. Nothing of it keeps the process alive. */
export function watchBlocks({ thresholdMillis, meterProvider, loggerProvider }: BlockOptions): () => void {
  if (!isMainThread) return () => {}
  const pulseMillis = Math.max(MIN_PULSE_MILLIS, thresholdMillis / 4)
  const logger = loggerProvider.getLogger(SCOPE, VERSION)
  const durations = meterProvider.getMeter(SCOPE, VERSION).createHistogram('nodejs.eventloop.block.duration', {
    unit: 's',
    description: 'How long the event loop was blocked, where that was longer than the threshold.',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  const pulses = new SharedArrayBuffer(8)
  const counts = new Int32Array(pulses)
  let isDebugged = false
  const worker = startWorker({ pulses, pollMillis: pulseMillis, thresholdMillis })
  let last = performance.now()
  let workerPulse = 0
  let saidAt = Number.NEGATIVE_INFINITY
  let taken: Taken | undefined

  const onStack = (message: unknown): void => {
    try {
      const { pulse, frames } = JSON.parse(message as string) as StackNews
      // what blocked is over: this is what came next
      if (pulse !== Atomics.load(counts, MAIN_PULSE)) return
      const span = trace.getActiveSpan()
      taken = { frames, span, context: context.active() }
      const elapsed = Math.round(performance.now() - last)
      if (span?.isRecording())
        span.addEvent(NAME, { 'event_loop.block.elapsed_ms': elapsed, ...stackAttributes(frames) })
    } catch {
      // the record goes without
    }
  }
  diagnosticsChannel.subscribe(STACK_CHANNEL, onStack)

  const timer = setInterval(() => {
    const now = performance.now()
    const late = now - last - pulseMillis
    last = now
    const pulse = Atomics.add(counts, MAIN_PULSE, 1)
    const beats = Atomics.load(counts, WORKER_PULSE)
    const isFirst = pulse === 0
    const block = taken
    // a machine that sleeps stops both threads, and a debugger stops this one
    const isStopped = worker !== undefined && beats > 0 && (beats - workerPulse) * pulseMillis < late / 4
    workerPulse = beats
    taken = undefined
    noteDebugger()
    // what an application does before its first turn of the loop is its start
    if (isFirst || isDebugged || isStopped || (late < thresholdMillis && block === undefined)) return
    report(Math.max(late, thresholdMillis), now, block)
  }, pulseMillis).unref()

  return () => {
    clearInterval(timer)
    diagnosticsChannel.unsubscribe(STACK_CHANNEL, onStack)
    void worker?.terminate()
  }

  function report(millis: number, now: number, block: Taken | undefined): void {
    const where = block?.context ?? context.active()
    durations.record(millis / 1_000, {}, where)
    if (now - saidAt < REPEAT_AFTER_MILLIS) return
    saidAt = now
    const place = block && placeOf(block.frames)
    logger.emit({
      eventName: NAME,
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      body: `the event loop was blocked for ${Math.round(millis)} ms${place ? ` at ${describe(place)}` : ''}`,
      attributes: { 'event_loop.block.duration_ms': Math.round(millis), ...(block && stackAttributes(block.frames)) },
      context: where,
    })
  }

  /** Two debuggers would stop each other's program: the worker leaves, and blocks cannot be told from breakpoints. */
  function noteDebugger(): void {
    if (isDebugged || inspector.url() === undefined) return
    isDebugged = true
    void worker?.terminate()
    log.warn('a debugger may be attached: blocks of the event loop are not watched any more')
  }
}

function startWorker(workerData: WatchWork): Worker | undefined {
  const withoutStacks = (reason: string): undefined => {
    log.warn(`blocks of the event loop are told without their stack: ${reason}`)
  }
  if (!process.features.inspector) return withoutStacks('this Node.js has no inspector')
  // noteDebugger says it
  if (inspector.url() !== undefined) return undefined
  if (!isComplete()) return withoutStacks('the files of uptrace-node are not beside the bundle')
  try {
    const worker = new Worker(workerFile(), {
      workerData,
      execArgv: [],
      env: {},
      stdin: false,
      stdout: true,
      stderr: true,
    })
    worker.on('error', (error: Error) => void withoutStacks(error.message))
    worker.unref()
    return worker
  } catch (error) {
    return withoutStacks(messageOf(error))
  }
}

function workerFile(): string {
  return typeof UPTRACE_NODE_BUNDLED === 'undefined'
    ? fileURLToPath(new URL('./worker.ts', import.meta.url))
    : path.join(distFolder(), 'block-worker.cjs')
}
