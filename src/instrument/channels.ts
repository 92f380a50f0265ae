/** Libraries that tell of their operations on tracing channels of Node: nothing of theirs is patched. */
import type { AsyncLocalStorage } from 'node:async_hooks'
import diagnosticsChannel from 'node:diagnostics_channel'
import { type Context, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { messageOf } from '../errors.ts'
import { log } from '../log.ts'
import { contextStorage } from '../signals/context-manager.ts'
import { describeError, recordError } from './error-text.ts'

export interface Operation<Message> {
  /** Undefined where the operation has no span. */
  start(message: Message, parent: Context): Span | undefined
  /** Adds to the span what is known at its end. */
  describe?(span: Span, message: Message): void
}
interface Outcome {
  readonly error?: unknown
  readonly result?: unknown
}

/** From now on, for as long as the process lives: `start` asks whether anything is to be traced. */
export function followChannel<Message extends object>(name: string, operation: Operation<Message>): void {
  const spans = new WeakMap<object, Span>()
  const begin = (message: unknown): Context => {
    const parent = context.active()
    try {
      const span = operation.start(message as Message, parent)
      if (span === undefined) return parent
      spans.set(message as object, span)
      return trace.setSpan(parent, span)
    } catch (error) {
      // thrown from here it would be an uncaught exception
      log.debug(`an operation of ${name} could not be traced: ${messageOf(error)}`)
      return parent
    }
  }
  const finish = (message: unknown): void => {
    const span = spans.get(message as object)
    if (span === undefined) return
    spans.delete(message as object)
    conclude(span, message as Outcome, () => operation.describe?.(span, message as Message))
  }
  const channel = diagnosticsChannel.tracingChannel(name)
  channel.start.bindStore(ACTIVE_CONTEXT, begin as never)
  channel.subscribe({
    start() {},
    // what is not asynchronous has its outcome by now
    end: (message) => ('result' in (message as object) || 'error' in (message as object) ? finish(message) : undefined),
    asyncStart() {},
    asyncEnd: finish,
    error() {},
  })
}

function conclude(span: Span, { error }: Outcome, describe: () => void): void {
  try {
    describe()
  } catch (failure) {
    log.debug(`an operation could not be described: ${String(failure)}`)
  }
  if (error) {
    const { type, message } = describeError(error)
    span.setAttribute('error.type', type)
    span.setStatus({ code: SpanStatusCode.ERROR, message })
    recordError(span, error)
  }
  span.end()
}

interface Scoping {
  withScope?(own: Context): object
}

/** What a channel asks of a storage, done with whatever carries the active span: older versions of Node run a function, newer ones open a scope. */
const ACTIVE_CONTEXT = {
  run: <T>(own: Context, run: (...args: unknown[]) => T, ...args: unknown[]): T =>
    context.with(own, run as never, undefined, ...(args as [])) as T,
  withScope: (own: Context) => (contextStorage() as Scoping | undefined)?.withScope?.(own) ?? NO_SCOPE,
  // not asked today; without a function to run there is nothing to do
  enterWith() {},
  getStore: () => context.active(),
} as unknown as AsyncLocalStorage<Context>

/** With a context manager of the application's own, what is below an operation is beside it. */
const NO_SCOPE = { [Symbol.dispose]() {}, dispose() {} }
