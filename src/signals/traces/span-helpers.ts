/** Spans around your own code: active while it runs, errors recorded, ended once. They need only the OpenTelemetry API. */
import { types } from 'node:util'
import { type Context, context, type Span, type SpanOptions, SpanStatusCode, trace } from '@opentelemetry/api'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { exceptionAttributes } from '../report.ts'

/** Options of a span, and the parent where it is not the active one. */
export interface WithSpanOptions extends SpanOptions {
  /** Context of the parent. @default the active context */
  parent?: Context
}

/** A span that is active until it is disposed. */
export type ActiveSpan = Span & Disposable

type AnyFunction = (this: never, ...args: never[]) => unknown

/**
 * Runs `fn` in a span and returns what it returns. A promise, a generator or an async generator keeps the span open until it is done.
 * What `fn` throws, or rejects with, is recorded, sets the status to Error, and is thrown on unchanged.
 * @example
 * const user = await withSpan('load user', { attributes: { 'user.id': id } }, (span) => db.load(id))
 */
export function withSpan<T>(name: string, fn: (span: Span) => T): T
export function withSpan<T>(name: string, options: WithSpanOptions, fn: (span: Span) => T): T
export function withSpan<T>(
  name: string,
  optionsOrFn: WithSpanOptions | ((span: Span) => T),
  maybeFn?: (span: Span) => T,
): T {
  const options = typeof optionsOrFn === 'function' ? {} : optionsOrFn
  const fn = typeof optionsOrFn === 'function' ? optionsOrFn : maybeFn!
  const { span, active } = open(name, options)
  return follow(span, active, () => context.with(active, () => fn(span)))
}

/**
 * Starts a span and makes it the active one until the end of the block, which ends it; `startSpan` of a tracer leaves the active span as it is.
 * At the start of an async function, before its first `await`, the caller would see the span as active too: use `withSpan` there.
 * @example
 * using span = openActiveSpan('import', { attributes: { rows: 100 } })
 */
export function openActiveSpan(name: string, options: WithSpanOptions = {}): ActiveSpan {
  const { span, active } = open(name, options)
  const scope = context.attach(active)
  let isOpen = true
  return Object.assign(span, {
    [Symbol.dispose ?? Symbol.for('nodejs.dispose')]() {
      if (!isOpen) return
      isOpen = false
      scope.dispose()
      span.end()
    },
  }) as ActiveSpan
}

/**
 * The function with a span around each call, named after it, or a decorator for methods.
 * @example
 * const loadUser = traced(async function loadUser(id) { … })
 * class Shop { @traced('checkout') async checkout() { … } }
 */
export function traced<F extends AnyFunction>(fn: F, options?: WithSpanOptions & { name?: string }): F
export function traced(nameOrOptions?: string | (WithSpanOptions & { name?: string })): MethodDecoratorLike
export function traced(first?: unknown, second: WithSpanOptions & { name?: string } = {}): unknown {
  if (typeof first === 'function') return wrap(first as AnyFunction, second.name ?? (first.name || 'anonymous'), second)
  const options = typeof first === 'string' ? { name: first } : ((first ?? {}) as typeof second)
  return decorate(options)
}

/** Standard decorators and those of `experimentalDecorators`. */
type MethodDecoratorLike = <T>(
  target: T,
  contextOrKey: unknown,
  descriptor?: TypedPropertyDescriptor<unknown>,
) => T extends AnyFunction ? T : never

function decorate(options: WithSpanOptions & { name?: string }): MethodDecoratorLike {
  const decorator = (target: unknown, contextOrKey: unknown, descriptor?: PropertyDescriptor): unknown => {
    if (descriptor && typeof descriptor.value === 'function') {
      descriptor.value = wrap(descriptor.value, options.name ?? String(contextOrKey), options)
      return descriptor
    }
    const { name } = contextOrKey as { name: string | symbol }
    return wrap(target as AnyFunction, options.name ?? String(name), options)
  }
  return decorator as MethodDecoratorLike
}

function wrap<F extends AnyFunction>(fn: F, name: string, options: WithSpanOptions): F {
  const wrapped = function (this: never, ...args: never[]): unknown {
    return withSpan(name, options, () => fn.apply(this, args))
  }
  // other code may look at the name and the number of parameters, as express does
  Object.defineProperties(wrapped, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  })
  return wrapped as unknown as F
}

function open(
  name: string,
  { parent = context.active(), ...options }: WithSpanOptions,
): { span: Span; active: Context } {
  const span = trace.getTracer(DISTRO_NAME, VERSION).startSpan(name, options, parent)
  return { span, active: trace.setSpan(parent, span) }
}

/** Ends the span when the work behind a result is done, whatever shape the result has. */
function follow<T>(span: Span, active: Context, run: () => T): T {
  let result: T
  try {
    result = run()
  } catch (error) {
    fail(span, error)
    throw error
  }
  if (isThenable(result)) return followPromise(span, result) as T
  if (isGenerator(result)) return followGenerator(span, active, result) as T
  span.end()
  return result
}

/**
 * A plain promise is followed by another one: to watch the one that there is would hide that nobody handles its rejection. One of another kind, or
 * with properties of its own, is returned as it is.
 */
function followPromise(span: Span, promise: PromiseLike<unknown>): PromiseLike<unknown> {
  const isPlain = isPlainPromise(promise)
  try {
    const watched = promise.then(
      (value) => {
        span.end()
        return value
      },
      (error: unknown) => {
        fail(span, error)
        return isPlain ? promise : undefined
      },
    )
    return isPlain ? watched : promise
  } catch {
    // only what waits for it is to be told
    span.end()
    return promise
  }
}

/** Of any realm: its prototype is that of all promises, not of a class made from them. */
function isPlainPromise(promise: PromiseLike<unknown>): boolean {
  if (!types.isPromise(promise) || Reflect.ownKeys(promise).length > 0) return false
  const above = Object.getPrototypeOf(Object.getPrototypeOf(promise))
  return above !== null && Object.getPrototypeOf(above) === null
}

type AnyGenerator = Generator | AsyncGenerator

/** Each step runs in the span's context; the end, an error, or an early `return` ends it. */
function followGenerator(span: Span, active: Context, inner: AnyGenerator): AnyGenerator {
  let isOpen = true
  const finish = (step: unknown): unknown => {
    if (isOpen && (step as IteratorResult<unknown>).done) {
      isOpen = false
      span.end()
    }
    return step
  }
  const broken = (error: unknown): never => {
    if (isOpen) {
      isOpen = false
      fail(span, error)
    }
    throw error
  }
  const step =
    (method: 'next' | 'return' | 'throw') =>
    (...args: unknown[]): unknown => {
      try {
        const result = context.with(active, () =>
          (inner[method] as (...values: unknown[]) => unknown).apply(inner, args),
        )
        return isThenable(result) ? result.then(finish, broken) : finish(result)
      } catch (error) {
        return broken(error)
      }
    }
  const outer = Object.create(inner) as Record<PropertyKey, unknown>
  Object.assign(outer, { next: step('next'), return: step('return'), throw: step('throw') })
  outer[Symbol.asyncIterator in inner ? Symbol.asyncIterator : Symbol.iterator] = () => outer
  return outer as unknown as AnyGenerator
}

function fail(span: Span, error: unknown): void {
  const attributes = exceptionAttributes(error)
  span.addEvent('exception', attributes)
  span.setStatus({ code: SpanStatusCode.ERROR, message: String(attributes['exception.message']) })
  span.end()
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}

function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== 'object' || value === null) return false
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  return tag === 'Generator' || tag === 'AsyncGenerator'
}
