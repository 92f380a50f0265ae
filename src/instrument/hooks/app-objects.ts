/** What belongs to the application is copied before an instrumentation that would write into it gets it. */
import { context, ROOT_CONTEXT } from '@opentelemetry/api'
import { withPromise } from '../mend/lambda-callback.ts'
import { likeOf, type Wrapper } from './guard-function.ts'

interface Adapter {
  /** The arguments that the instrumentation gets. */
  before(args: unknown[]): unknown[]
  /** Around the library's own function. */
  around?(run: () => unknown, self: unknown): unknown
  /** What the caller gets. */
  result?(result: unknown): unknown
  /** Those that the library gets then. */
  after?(args: unknown[]): unknown[]
}
type Dictionary = Record<PropertyKey, unknown>

const RAW_HEADERS = Symbol('uptrace-node.raw-headers')

const httpRequest: Adapter = {
  before([first, ...rest]) {
    const isUrl = typeof first === 'string' || first instanceof URL
    if (!isUrl) return [withMarkedHeaders(first), ...rest]
    // Node takes anything else for no options
    const [second, ...others] = rest
    if (rest.length === 0 || typeof second === 'function') return [first, ...rest]
    return [first, isObject(second) ? withMarkedHeaders(second) : {}, ...others]
  },
  after([options, ...rest]) {
    const headers = isObject(options) ? (options['headers'] as Dictionary | undefined) : undefined
    const raw = headers?.[RAW_HEADERS]
    if (headers === undefined || !Array.isArray(raw)) return [options, ...rest]
    return [{ ...(options as Dictionary), headers: withAdded(raw, headers) }, ...rest]
  },
}

/** A callback runs where it was given, also where there is no span: else it would run in that of the call, for ever. */
const callback: Adapter = {
  before: (args) => args.map((arg) => (typeof arg === 'function' ? context.bind(context.active(), arg) : arg)),
}

/** A connection outlives who asked for it. Pools ask in their turn, within their own span. */
const connect: Adapter = {
  ...callback,
  around: (run, self) => (isObject(self) && 'connectionParameters' in self ? context.with(ROOT_CONTEXT, run) : run()),
}

/** The library looks whether anybody but itself waits for errors, and must not find the instrumentation. */
const mysqlQuery: Adapter = {
  ...callback,
  result(query) {
    const own = query as {
      _callback?: unknown
      hasErrorHandler?: unknown
      listenerCount?(event: string): number
    } | null
    if (typeof own?.hasErrorHandler !== 'function' || own._callback || !own.listenerCount) return query
    const known = own.listenerCount('error')
    const hasErrorHandler = (): boolean => Boolean(own._callback) || own.listenerCount!('error') > known
    own.hasErrorHandler = hasErrorHandler
    return query
  },
}

/** Messages get headers of their own: those of a message that is sent again, or shared by many, would name the wrong span. */
const kafkaSend: Adapter = { before: ([record, ...rest]) => [withOwnMessages(record), ...rest] }
const kafkaSendBatch: Adapter = {
  before([batch, ...rest]) {
    const topics = isObject(batch) ? batch['topicMessages'] : undefined
    return [
      Array.isArray(topics) ? withMember(batch as Dictionary, 'topicMessages', topics.map(withOwnMessages)) : batch,
      ...rest,
    ]
  },
}

/** The instrumentation replaces both functions of a transaction once there is one. */
const kafkaTransaction: Adapter = {
  before: (args) => args,
  result: (promise) =>
    (promise as Promise<Dictionary>).then((transaction) => {
      for (const [name, { before }] of Object.entries({ send: kafkaSend, sendBatch: kafkaSendBatch })) {
        const traced = transaction[name] as (...args: unknown[]) => unknown
        transaction[name] = (...args: unknown[]) => traced.apply(transaction, before(args))
      }
      return transaction
    }),
}

/** Instrumentation -> the function it wraps, `*` for all -> how. */
const ADAPTERS: Readonly<Record<string, Readonly<Record<string, Adapter>>>> = {
  http: { request: httpRequest, get: httpRequest },
  pg: { query: callback, connect },
  mysql: { query: mysqlQuery, getConnection: callback },
  mysql2: { query: callback, execute: callback },
  amqplib: { publish: { before: (args) => args.with(3, copyOf(args[3], ['headers'])) } },
  kafkajs: {
    send: kafkaSend,
    sendBatch: kafkaSendBatch,
    transaction: kafkaTransaction,
    run: { before: ([config, ...rest]) => [copyOf(config, []), ...rest] },
  },
  grpc: { '*': { before: (args) => args.map(cloneOfMetadata) } },
  hapi: {
    register: { before: ([plugins, ...rest]) => [copyOfEach(plugins, ['plugin']), ...rest] },
    route: { before: ([routes, ...rest]) => [copyOfEach(routes, ['options', 'config']), ...rest] },
    ext: { before: ([events, ...rest]) => [copyOfEach(events, ['method']), ...rest] },
  },
  // loggers that share a list of transports would each send the lines of all
  winston: { configure: { before: ([options, ...rest]) => [withOwnTransports(options), ...rest] } },
}

/** `wrapper`, for which the arguments are adapted. */
export function adapt(instrumentation: string, name: PropertyKey, wrapper: Wrapper): Wrapper {
  if (instrumentation === 'aws-lambda') return (original, key) => wrapper(withPromise(original as never), key)
  const known = ADAPTERS[instrumentation]
  const adapter = known?.[String(name)] ?? known?.['*']
  if (adapter === undefined) return wrapper
  const { before, after = (args) => args, around = (run) => run(), result = (value) => value } = adapter
  return (original, key) => {
    const below = likeOf(original, function (this: unknown, ...args: unknown[]) {
      return around(() => original.apply(this, after(args)), this)
    })
    const inner = wrapper(below, key)
    return likeOf(inner, function (this: unknown, ...args: unknown[]) {
      return result(inner.apply(this, before(args)))
    })
  }
}

function withMarkedHeaders(options: unknown): unknown {
  if (!isObject(options) || !Array.isArray(options['headers'])) return options
  return { ...options, headers: { ...headersOf(options['headers']), [RAW_HEADERS]: options['headers'] } }
}

/** For those who look at headers by name: a list of names and values in turn, or of pairs. */
function headersOf(raw: readonly unknown[]): Dictionary {
  const pairs = Array.isArray(raw[0])
    ? (raw as [string, unknown][])
    : raw.flatMap((name, index) => (index % 2 === 0 ? [[String(name), raw[index + 1]] as [string, unknown]] : []))
  return Object.fromEntries(pairs)
}

/** The headers as the application gave them, and those that were added; an added one takes the place of one of its name. */
function withAdded(raw: readonly unknown[], headers: Dictionary): unknown[] {
  const given = headersOf(raw)
  const added = Object.entries(headers).filter(([name, value]) => given[name] !== value)
  const names = new Set(added.map(([name]) => name.toLowerCase()))
  if (Array.isArray(raw[0]))
    return [...raw.filter((pair) => !names.has(String((pair as unknown[])[0]).toLowerCase())), ...added]
  const kept = raw.filter((_, index) => !names.has(String(raw[index - (index % 2)]).toLowerCase()))
  return [...kept, ...added.flat()]
}

function copyOfEach(given: unknown, inner: readonly string[]): unknown {
  return Array.isArray(given) ? given.map((one) => copyOf(one, inner)) : copyOf(given, inner)
}

/** A single transport is no list, and stays itself. */
function withOwnTransports(given: unknown): unknown {
  if (!isObject(given) || !Array.isArray(given['transports'])) return given
  return withMember(given, 'transports', [...given['transports']])
}

/** A copy with this in place of what it had, be that a getter. */
function withMember(given: Dictionary, key: string, value: unknown): Dictionary {
  return Object.defineProperty(copyOf(given, []) as Dictionary, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}

/** A copy that may be written to, of the objects below `inner` as well. */
function copyOf(given: unknown, inner: readonly string[]): unknown {
  if (typeof given === 'function')
    return likeOf(given, function (this: unknown, ...args: unknown[]) {
      return Reflect.apply(given, this, args)
    })
  if (!isObject(given)) return given
  const copy: Dictionary = Object.assign(Object.create(prototypeOf(given)), given)
  for (const key of inner) {
    const value = copy[key]
    if (Array.isArray(value)) copy[key] = [...value]
    else if (isObject(value)) copy[key] = copyOf(value, inner)
  }
  return copy
}

/** A namespace has none, and what has none is taken for odd. */
function prototypeOf(given: object): object {
  return (Object.getPrototypeOf(given) as object | null) ?? Object.prototype
}

function withOwnMessages(record: unknown): unknown {
  if (!isObject(record) || !Array.isArray(record['messages'])) return record
  return withMember(
    record,
    'messages',
    record['messages'].map((message) => copyOf(message, ['headers'])),
  )
}

function cloneOfMetadata(given: unknown): unknown {
  const isMetadata = isObject(given) && typeof given['clone'] === 'function' && typeof given['getMap'] === 'function'
  return isMetadata ? (given['clone'] as () => unknown)() : given
}

function isObject(value: unknown): value is Dictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
