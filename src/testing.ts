/** The door `uptrace-node/testing`: telemetry of the code under test, received by a viewer in memory, and matchers for it. */
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { canBeConfigured, configureOpentelemetry } from './configure.ts'
import { settlesWithin } from './deadline.ts'
import type { ConfigureOptions } from './index.ts'
import { withSpan } from './signals/traces/span-helpers.ts'
import {
  type LogFilter,
  type SpanFilter,
  startViewer,
  type ViewerLog,
  type ViewerMetric,
  type ViewerSpan,
  type ViewerTrace,
  type WaitOptions,
} from './viewer/index.ts'
import { createOpenSpans } from './viewer/testing/open-spans.ts'

export type { QueryCount } from './viewer/testing/checks.ts'
export {
  assertNoErrors,
  assertNoNPlusOne,
  assertQueryCount,
  assertSpan,
  matchers,
  type Observed,
  type SpanSource,
  type TelemetryMatchers,
} from './viewer/testing/matchers.ts'
export type { LogFilter, SpanFilter, ViewerLog, ViewerMetric, ViewerSpan, ViewerTrace, WaitOptions }

/** A trace, and what the function that made it has returned. */
export interface CapturedTrace<T> extends ViewerTrace {
  readonly result: T
}

/** Telemetry of the process that runs the tests. Everything it gives is flushed before. */
export interface TestTelemetry {
  /** For programs that a test starts: their `UPTRACE_DSN`. */
  readonly dsn: string
  /** Address of the pages, e.g. to look at the traces of a test that is stopped in a debugger. */
  readonly url: string
  /**
   * Runs a function as a trace of its own, below a span named `test`, and gives that trace once all its spans have ended, at most two seconds later.
   * @throws what the function throws
   */
  capture<T>(run: () => T | Promise<T>): Promise<CapturedTrace<T>>
  /**
   * Waits for a trace: one named by id until its root and all parents have come, or the first that a predicate accepts.
   * @throws when it does not come in time; the message tells what did come
   */
  waitForTrace(wanted: string | ((trace: ViewerTrace) => boolean), options?: WaitOptions): Promise<ViewerTrace>
  /** Spans that have ended so far, in order of start; waits at most two seconds for those that are open. */
  spans(filter?: SpanFilter): Promise<ViewerSpan[]>
  /** Log records so far, in order of time. */
  logs(filter?: LogFilter): Promise<ViewerLog[]>
  /** Instruments with their points; they are collected first. */
  metrics(name?: string | RegExp): Promise<ViewerMetric[]>
  /** Forgets what was received, and what is still in the process: for `beforeEach`. */
  clear(): Promise<void>
  /** Ends recording and the viewer. Not needed for the process to end. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Spans that are open when a test asks may end within this time. */
const OPEN_MILLIS = 2000
/** What ends after a flush is sent this soon. */
const DELAY_MILLIS = 20

/**
 * Records the telemetry of this process for a test suite: configures OpenTelemetry, and starts a viewer in memory that receives it.
 * Start it before the code under test is imported, for instance in a setup file. It never holds the process up.
 * @param options as for `configureOpentelemetry`; destinations are not read
 * @throws {Error} when OpenTelemetry is configured by this package already
 * @example
 * const telemetry = await startTelemetry()
 * const trace = await telemetry.capture(() => fetch(`${server}/orders`))
 * expect(trace).toHaveSpan({ name: 'GET /orders', status: 'unset' })
 * expect(trace).toHaveNoNPlusOne()
 */
export async function startTelemetry(options: ConfigureOptions = {}): Promise<TestTelemetry> {
  if (!canBeConfigured())
    throw new Error(
      'startTelemetry: OpenTelemetry is configured already. Call it before the application does, or shutdown() first.',
    )
  const viewer = await startViewer()
  const open = createOpenSpans()
  const batch = { scheduledDelayMillis: DELAY_MILLIS }
  const { dsn: _, endpoint: __, ...rest } = options
  const telemetry = configureOpentelemetry({
    serviceName: 'test',
    sampler: 'always_on',
    batchSpanProcessor: batch,
    batchLogRecordProcessor: batch,
    ...rest,
    // a test that is killed has nothing to deliver
    delivery: { exitFlush: false, ...rest.delivery },
    spanProcessors: [open.processor, ...(options.spanProcessors ?? [])],
    dsn: viewer.dsn,
  })
  if (!telemetry.enabled) {
    await viewer.close()
    throw new Error(
      'startTelemetry: nothing is recorded, since UPTRACE_DISABLED, OTEL_SDK_DISABLED or an option says so',
    )
  }

  /** What is pending keeps the process alive only while a test waits for it. */
  const settle = async (traceId?: string): Promise<void> => {
    await settlesWithin(open.untilNone(traceId), OPEN_MILLIS, true)
    await settlesWithin(telemetry.forceFlush(), OPEN_MILLIS, true)
  }
  const stop = async (): Promise<void> => {
    await settlesWithin(telemetry.shutdown(), OPEN_MILLIS, true)
    await viewer.close()
  }
  return {
    dsn: viewer.dsn,
    url: viewer.url,
    async capture(run) {
      let traceId = ''
      const result = await withSpan('test', { parent: ROOT_CONTEXT }, async (span) => {
        traceId = span.spanContext().traceId
        return run()
      })
      await settle(traceId)
      const spans = viewer.findSpans({ traceId })
      return { traceId, root: spans.find(({ parentSpanId }) => parentSpanId === null), spans, result }
    },
    async waitForTrace(wanted, waitOptions) {
      await settle(typeof wanted === 'string' ? wanted : undefined)
      return viewer.waitForTrace(wanted, waitOptions)
    },
    async spans(filter) {
      await settle()
      return viewer.findSpans(filter)
    },
    async logs(filter) {
      await settle()
      return viewer.findLogs(filter)
    },
    async metrics(name) {
      await settle()
      return viewer.metrics(name)
    },
    async clear() {
      await settle()
      viewer.clear()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
