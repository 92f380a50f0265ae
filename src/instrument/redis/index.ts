/**
 * node-redis: OpenTelemetry's instrumentation, with our own code around each command of a client. Transactions, pipelines and the releases before 4 stay
 * with theirs.
 */
import { type Attributes, context, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { failRedisSpan } from '../db/fail-redis-span.ts'
import { redisText } from '../db/redis-text.ts'
import { guardParts } from '../hooks/guard.ts'
import { loadInstrumentation } from '../hooks/load.ts'

type Method = (this: unknown, ...args: unknown[]) => unknown
type Trace = (original: Method, self: unknown, given: ArrayLike<unknown>, command: unknown) => unknown
type Wrap = (target: object, name: PropertyKey, wrapper: (original: Method) => Method) => unknown

/** OpenTelemetry's for releases from 4 on: all commands go through the one method. */
interface Modern {
  readonly tracer: Tracer
  getConfig(): { readonly requireParentSpan?: boolean }
  _traceClientCommand: Trace
  _wrap: Wrap
}
interface Client {
  readonly options?: { readonly socket?: { readonly host?: unknown; readonly port?: unknown } }
}

export function createRedis(config: Record<string, unknown>): Instrumentation {
  const { RedisInstrumentation } = loadInstrumentation('redis') as {
    RedisInstrumentation: new (config: Record<string, unknown>) => Instrumentation & { instrumentationV4_V5?: Modern }
  }
  const instrumentation = new RedisInstrumentation(config)
  const modern = instrumentation.instrumentationV4_V5
  const wrap = modern?._wrap
  guardParts(instrumentation, 'redis')
  if (typeof modern?._traceClientCommand === 'function' && wrap !== undefined) quicken(modern, wrap)
  return instrumentation
}

function quicken(modern: Modern, wrapPlainly: Wrap): void {
  const { _traceClientCommand: traceByTheirs, _wrap: wrapGuarded } = modern
  modern._traceClientCommand = (original, self, given, command) => {
    if (!Array.isArray(command)) return Reflect.apply(original, self, given)
    // commands of a transaction wait for its end, and are known by having no options
    if ((self as Client | undefined)?.options !== undefined) return traceCommand(modern, original, self, given, command)
    return stepAside(original, self, given, (noted) =>
      Reflect.apply(traceByTheirs, modern, [noted, self, given, command]),
    )
  }
  // a command needs no guard of its own: nothing above throws
  modern._wrap = (target, name, wrapper) => (isCommand(target, name) ? wrapPlainly : wrapGuarded)(target, name, wrapper)
}

/** What is loaded in another way than as a package need not have the class where it is expected. */
const isCommand = (target: unknown, name: PropertyKey): boolean =>
  name === 'sendCommand' && typeof (target as Record<PropertyKey, unknown> | undefined)?.[name] === 'function'

/** Where tracing fails before the command has been called, the command is called without. */
function stepAside(
  original: Method,
  self: unknown,
  given: ArrayLike<unknown>,
  run: (noted: Method) => unknown,
): unknown {
  let isCalled = false
  const noted: Method = function (...args) {
    isCalled = true
    return Reflect.apply(original, this, args)
  }
  try {
    return run(noted)
  } catch (error) {
    if (isCalled) throw error
    return Reflect.apply(original, self, given)
  }
}

function traceCommand(
  modern: Modern,
  original: Method,
  self: unknown,
  given: ArrayLike<unknown>,
  command: readonly unknown[],
): unknown {
  const span = tryStart(modern, self as Client, command)
  if (span === undefined) return Reflect.apply(original, self, given)
  let result: unknown
  try {
    result = Reflect.apply(original, self, given)
  } catch (error) {
    failRedisSpan(span, error)
    span.end()
    throw error
  }
  follow(result, span)
  return result
}

function tryStart(modern: Modern, { options }: Client, command: readonly unknown[]): Span | undefined {
  try {
    const active = context.active()
    if (modern.getConfig().requireParentSpan && trace.getSpan(active) === undefined) return undefined
    const name = command[0] as string
    const attributes: Attributes = { 'db.system.name': 'redis' }
    const { host, port } = options?.socket ?? {}
    if (typeof host === 'string') attributes['server.address'] = host
    if (typeof port === 'number' || typeof port === 'string') attributes['server.port'] = port
    attributes['db.operation.name'] = name
    attributes['db.query.text'] = redisText(name, command.slice(1))
    return modern.tracer.startSpan(`redis-${name}`, { kind: SpanKind.CLIENT, attributes }, active)
  } catch {
    // arguments that cannot be read as text
    return undefined
  }
}

/** Beside what the application does with the promise: a rejection that nobody handles stays one. */
function follow(result: unknown, span: Span): void {
  const { then } = Object(result) as PromiseLike<unknown>
  if (typeof then !== 'function') {
    span.end()
    return
  }
  then.call(
    result as PromiseLike<unknown>,
    () => span.end(),
    (error: unknown) => {
      failRedisSpan(span, error)
      span.end()
    },
  )
}
