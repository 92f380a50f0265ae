/** Commands of ioredis: a span each, from `sendCommand` to the reply. */
import { type Attributes, type Context, context, type Span } from '@opentelemetry/api'
import { failRedisSpan } from '../db/fail-redis-span.ts'
import { redisText } from '../db/redis-text.ts'

/** A patch outlives many configurations. */
export interface Tracing {
  isEnabled(): boolean
  startSpan(name: string, attributes: Attributes, parent: Context): Span
}

export interface Redis {
  readonly options: { readonly host?: unknown; readonly port?: unknown }
}
interface Command {
  readonly name: string
  readonly args: unknown
  readonly inTransaction?: boolean
  readonly pipelineIndex?: number
  resolve: (result: unknown) => unknown
  reject: (error: unknown) => unknown
}
export type Method = (this: Redis, ...args: unknown[]) => unknown

export function wrapSendCommand(original: Method, tracing: Tracing): Method {
  return function sendCommand(...args) {
    const command = args[0] as Command
    const span = tracing.isEnabled() ? tryStart(tracing, this, command) : undefined
    if (span === undefined) return Reflect.apply(original, this, args)
    const result = callOrFail(original, this, args, span)
    follow(command, span)
    return result
  }
}

/** A connection is only begun by the call. */
export function wrapConnect(original: Method, tracing: Tracing): Method {
  return function connect(...args) {
    const span = tracing.isEnabled() ? tryStartConnect(tracing, this) : undefined
    if (span === undefined) return Reflect.apply(original, this, args)
    const result = callOrFail(original, this, args, span)
    span.end()
    return result
  }
}

function tryStart(tracing: Tracing, redis: Redis, command: Command): Span | undefined {
  if (typeof command !== 'object' || command === null || typeof command.name !== 'string') return undefined
  try {
    const { name } = command
    const isControl = name === 'multi' || name === 'exec'
    const prefix = isControl ? '' : command.inTransaction ? 'MULTI ' : command.pipelineIndex == null ? '' : 'PIPELINE '
    const attributes: Attributes = {
      'db.operation.name': prefix + name,
      'db.system.name': 'redis',
      'db.query.text': redisText(name, command.args),
    }
    addServer(attributes, redis)
    return tracing.startSpan(name, attributes, context.active())
  } catch {
    // arguments that cannot be read as text
    return undefined
  }
}

function tryStartConnect(tracing: Tracing, redis: Redis): Span | undefined {
  try {
    const attributes: Attributes = { 'db.system.name': 'redis', 'db.query.text': 'connect' }
    addServer(attributes, redis)
    return tracing.startSpan('connect', attributes, context.active())
  } catch {
    return undefined
  }
}

function addServer(attributes: Attributes, { options: { host, port } }: Redis): void {
  if (typeof host === 'string') attributes['server.address'] = host
  if (typeof port === 'number' || typeof port === 'string') attributes['server.port'] = port
}

function callOrFail(original: Method, redis: Redis, args: unknown[], span: Span): unknown {
  try {
    return Reflect.apply(original, redis, args)
  } catch (error) {
    failRedisSpan(span, error)
    span.end()
    throw error
  }
}

/** The command is of the library's own making, and so are the two functions that it is settled by. */
function follow(command: Command, span: Span): void {
  const { resolve, reject } = command
  if (typeof resolve !== 'function' || typeof reject !== 'function') {
    span.end()
    return
  }
  const isRefusable = isIntroduction(command)
  const settleWell = function (this: unknown, result: unknown): unknown {
    end()
    return resolve.call(this, result)
  }
  const settleBadly = function (this: unknown, error: unknown): unknown {
    if (!isRefusable) failRedisSpan(span, error)
    end()
    return reject.call(this, error)
  }
  // the library makes functions that V8 takes for old, and which keep the command until the next great collection: not the span as well
  const end = (): void => {
    if (command.resolve === settleWell) command.resolve = resolve
    if (command.reject === settleBadly) command.reject = reject
    span.end()
  }
  command.resolve = settleWell
  command.reject = settleBadly
}

/** The library tells its name and version on each connection, and does not mind servers before Redis 7.2, which refuse that. */
function isIntroduction({ name, args }: Command): boolean {
  return name === 'client' && /^setinfo$/i.test(String((args as readonly unknown[] | undefined)?.[0]))
}
