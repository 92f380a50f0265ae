/** The handle: what a configuration gives to the application, and which one is active now. */

import type { Context, LoggerProvider, MeterProvider, Span, TracerProvider } from '@opentelemetry/api'
import type { ReadableSpan, Span as SdkSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { holdWhileAwaited, readMillis, settlesWithin, startDeadline } from './deadline.ts'
import { addResults, type FlushResult, NOTHING_FLUSHED, totalsOf } from './delivery/flush-result.ts'
import type { Delivery, DeliveryHealth } from './delivery/index.ts'
import { messageOf } from './errors.ts'
import type { InstrumentationDiagnostics, InstrumentationHandle } from './instrument/index.ts'
import { kindOf, logThrottled, orElse } from './log.ts'
import { emptyGlobals } from './signals/globals.ts'
import type { RefusedMeasurements } from './signals/metrics/guard-meter.ts'
import { recordPanic } from './signals/report.ts'
import { traceUrlOf } from './trace-url.ts'

/** Limits on `forceFlush`, `shutdown` and `reportPanic`, whose promise keeps the process alive while somebody waits for it, and else leaves the rest to its end. */
export interface FlushOptions {
  /** How long it may take, in milliseconds; 0 means: begin to send, and do not wait. @default the option `delivery.shutdownTimeoutMillis` */
  timeoutMillis?: number
}

/** What `health()` tells. */
export interface Health extends DeliveryHealth {
  /** Measurements that no instrument took since the process began to record, by reason: NaN and infinities, other types, below zero. */
  readonly refusedMeasurements: RefusedMeasurements
}

/** What `configureOpentelemetry` returns. */
export interface Telemetry {
  /** `false` when nothing is recorded: disabled, or no usable DSN. Every method then still works and does nothing. */
  readonly enabled: boolean
  readonly tracerProvider: TracerProvider
  readonly meterProvider: MeterProvider
  readonly loggerProvider: LoggerProvider
  /** The address of a span's trace in the web interface. Never throws. */
  traceUrl(span?: Span): string
  /** Sends what was recorded so far; resolves after the back end's answer or the deadline. Never rejects. */
  forceFlush(options?: FlushOptions): Promise<FlushResult>
  /**
   * Sends what is left, then stops. From the call on the handle is not the active one: `configureOpentelemetry` may be called again at once.
   * Idempotent, never rejects.
   */
  shutdown(options?: FlushOptions): Promise<FlushResult>
  /** Counts of what was created, delivered and dropped, by signal and reason. */
  health(): Health | undefined
  /** What is instrumented, and what could not be. */
  diagnostics(): InstrumentationDiagnostics | undefined
}

/** What a handle is made of. */
export interface Parts extends Pick<Telemetry, 'tracerProvider' | 'meterProvider' | 'loggerProvider'> {
  readonly siteUrl: string
  readonly shutdownTimeoutMillis: number
  /** How long the process is kept alive for a flush that nobody waits for. */
  readonly unheardMillis: number
  readonly delivery: Delivery
  readonly instrumentation: InstrumentationHandle
  readonly refusedMeasurements: RefusedMeasurements
}

/** @param isHeld the caller sees to it that the process stays alive, if it is to */
interface HeldOptions extends FlushOptions {
  readonly isHeld?: boolean
}
/** What a provider rejects with when its time is over. */
const LATE = /^Operation timed out|did not complete within \d+ ms$/

type Flush = Partial<Record<'forceFlush' | 'shutdown', (options?: HeldOptions) => Promise<void>>>

/** Where new work goes. One that is ending is not active. */
let active: Telemetry | undefined
/** The handle whose providers stand behind the globals. While it ends, it stays here. */
let filling: Telemetry | undefined
let activeSpanProcessor: SpanProcessor | undefined
const ending = new Set<Telemetry>()
export const activeTelemetry = (): Telemetry | undefined => active

/** Makes a handle the active one; another one that ends later leaves it alone. */
export function activate(telemetry: Telemetry, spanProcessor?: SpanProcessor): Telemetry {
  active = filling = telemetry
  activeSpanProcessor = spanProcessor
  return telemetry
}

export function createTelemetry(parts: Parts): Telemetry {
  const { delivery, instrumentation, siteUrl, tracerProvider, meterProvider, loggerProvider } = parts
  const providers: Flush[] = [tracerProvider, meterProvider, loggerProvider].map((provider) => provider as Flush)
  let end: Promise<FlushResult> | undefined
  const telemetry: Telemetry = {
    enabled: true,
    tracerProvider,
    meterProvider,
    loggerProvider,
    traceUrl: (span) => traceUrlOf(siteUrl, span),
    forceFlush(options: HeldOptions | undefined) {
      const millis = readMillis(options?.timeoutMillis, parts.shutdownTimeoutMillis)
      return hold(end ? join(end, millis) : flush('forceFlush', millis), millis, options)
    },
    shutdown(options: HeldOptions | undefined) {
      const millis = readMillis(options?.timeoutMillis, parts.shutdownTimeoutMillis)
      if (end) return hold(join(end, millis), millis, options)
      beginEnd(telemetry)
      instrumentation.stop()
      end = flush('shutdown', millis).finally(() => finishEnd(telemetry))
      return hold(end, millis, options)
    },
    health: () => ({ ...delivery.health(), refusedMeasurements: { ...parts.refusedMeasurements } }),
    diagnostics: () => instrumentation.diagnostics(),
  }
  return telemetry

  function hold(result: Promise<FlushResult>, millis: number, options: HeldOptions | undefined): Promise<FlushResult> {
    return options?.isHeld ? result : holdWhileAwaited(result, millis, parts.unheardMillis)
  }

  /** Providers first: they hand over what they have, and our own part of them sends it at the same time. */
  async function flush(method: keyof Flush, timeoutMillis: number): Promise<FlushResult> {
    const deadline = startDeadline(timeoutMillis)
    const isOver = delivery.letProcessEnd()
    const before = totalsOf(delivery.health())
    const handingOver = delivery.limited(timeoutMillis, () =>
      Promise.allSettled(providers.map(async (provider) => provider[method]?.({ timeoutMillis, isHeld: true }))),
    )
    void handingOver.then((results) => reportFailures(results, isWaiting))
    const isHandedOver = await deadline.keeps(handingOver)
    await delivery[method]({ timeoutMillis: deadline.left() })
    isOver()
    const after = totalsOf(delivery.health())
    const timedOut = timeoutMillis === 0 ? before.queued > 0 : !isHandedOver || deadline.left() <= 1
    if (timedOut && !isHandedOver && !isWaiting())
      warn(`of the application did not finish ${method} within ${timeoutMillis} ms`)
    return { delivered: after.delivered - before.delivered, dropped: after.dropped - before.dropped, timedOut }

    /** Whether it is a back end that has not answered, and no part of the application's. */
    function isWaiting(): boolean {
      const { queued, dropped } = totalsOf(delivery.health())
      return delivery.handsOver || before.queued + queued > 0 || dropped > before.dropped
    }
  }
}

/** A handle of a configuration that records nothing. */
export function createDisabledTelemetry(
  parts: Pick<Parts, 'siteUrl' | 'tracerProvider' | 'meterProvider' | 'loggerProvider'>,
): Telemetry {
  const { siteUrl, ...providers } = parts
  const telemetry: Telemetry = {
    enabled: false,
    ...providers,
    traceUrl: (span) => traceUrlOf(siteUrl, span),
    forceFlush: () => Promise.resolve(NOTHING_FLUSHED),
    shutdown() {
      beginEnd(telemetry)
      finishEnd(telemetry)
      return Promise.resolve(NOTHING_FLUSHED)
    },
    health: () => undefined,
    diagnostics: () => undefined,
  }
  return telemetry
}

/** As the handle's `traceUrl`, for the active configuration. Empty before there is one. */
export function traceUrl(span?: Span): string {
  return (active ?? filling)?.traceUrl(span) ?? ''
}

/** As the handle's `forceFlush`, for the active configuration and for one that is ending. */
export function forceFlush(options?: FlushOptions): Promise<FlushResult> {
  return flushAll('forceFlush', options)
}

/** As the handle's `shutdown`, for the active configuration and for one that is ending. */
export function shutdown(options?: FlushOptions): Promise<FlushResult> {
  return flushAll('shutdown', options)
}

/** Ends a handle that another one has replaced. Nobody waits for it: the end of the process is that of a process without it. */
export function retire(telemetry: Telemetry): Promise<FlushResult> {
  return telemetry.shutdown({ isHeld: true } as HeldOptions)
}

/**
 * Records an error that ends the work at hand on the active span, sets the span's status to Error, and sends everything at once. Never rejects.
 * @example
 * process.on('uncaughtException', (error) => void reportPanic(error).finally(() => process.exit(1)))
 */
export function reportPanic(error: unknown, options?: FlushOptions): Promise<FlushResult> {
  orElse('the record of a panic', () => recordPanic(error), undefined)
  return forceFlush(options)
}

/**
 * A span processor for a tracer provider of your own: it hands spans to the active configuration.
 * @example
 * const tracerProvider = new TracerProvider({ spanProcessors: [createSpanProcessor()] })
 * configureOpentelemetry({ tracerProvider })
 */
export function createSpanProcessor(): SpanProcessor {
  return {
    onStart: (span: SdkSpan, parent: Context) => activeSpanProcessor?.onStart(span, parent),
    onEnd: (span: ReadableSpan) => activeSpanProcessor?.onEnd(span),
    forceFlush: () => activeSpanProcessor?.forceFlush() ?? Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

const handles = (): Telemetry[] => [...ending, ...(active ? [active] : [])]

function beginEnd(telemetry: Telemetry): void {
  ending.add(telemetry)
  if (active === telemetry) active = undefined
}

function finishEnd(telemetry: Telemetry): void {
  ending.delete(telemetry)
  if (filling !== telemetry) return
  filling = activeSpanProcessor = undefined
  emptyGlobals()
}

/** Waits for an end that began earlier, perhaps with more time, as long as this caller allows. */
async function join(end: Promise<FlushResult>, millis: number): Promise<FlushResult> {
  return (await settlesWithin(end, millis)) ? end : { ...NOTHING_FLUSHED, timedOut: true }
}

function flushAll(method: keyof Flush, options?: FlushOptions): Promise<FlushResult> {
  const [first, ...others] = handles()
  // as it is: to look at its result is to wait for it
  if (first && others.length === 0) return first[method](options)
  const all = Promise.all(handles().map((telemetry) => telemetry[method]({ ...options, isHeld: true } as HeldOptions)))
  const sum = all.then((results) => results.reduce(addResults, NOTHING_FLUSHED))
  return holdWhileAwaited(sum, readMillis(options?.timeoutMillis, Number.POSITIVE_INFINITY))
}

function reportFailures(results: readonly PromiseSettledResult<void>[], isWaiting: () => boolean): void {
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    const reason = messageOf([result.reason as unknown].flat()[0])
    if (LATE.test(reason) && isWaiting()) continue
    warn(`could not be flushed: ${reason}`)
  }
}

function warn(what: string): void {
  const text = `a processor, exporter or reader ${what}`
  logThrottled('warn', kindOf(text), text)
}
