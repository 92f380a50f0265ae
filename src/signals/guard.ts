/**
 * Keeps what an application hands to loggers and instruments from throwing back at it, or from blocking it: attributes with getters that throw, endless
 * depth, graphs that unfold, null where an object belongs. They are wrapped one by one as they are handed out; the SDK's classes stay as they are.
 */
import type { Attributes, Logger, LoggerProvider, LogRecord } from '@opentelemetry/api'
import { keepValue, keysOf, readProperty, setOwn } from './attribute-values.ts'
import { type BigInts, bigIntsAsText, emitWithBigInts } from './logs/big-ints.ts'

const guarded = new WeakSet<object>()

/**
 * Every logger of the provider is safe from hostile input from here on.
 * @param adapt is called once for each of them
 */
export function guardLoggerProvider(provider: LoggerProvider, adapt?: (name: string, logger: Logger) => void): void {
  const getLogger = provider.getLogger.bind(provider)
  provider.getLogger = (name, version, options) =>
    once(getLogger(name, version, options), (logger) => {
      adapt?.(name, logger)
      guardLogger(logger)
    })
}

function once<Target extends object>(target: Target, guard: (target: Target) => void): Target {
  if (!guarded.has(target)) {
    guarded.add(target)
    guard(target)
  }
  return target
}

function guardLogger(logger: Logger): void {
  const emit = logger.emit.bind(logger)
  logger.emit = (record: LogRecord): void => {
    try {
      const { attributes, body, exception } = record
      const isTame = (attributes === undefined || isPlainMap(attributes)) && isPlain(body) && isReadable(exception)
      if (isTame) {
        emit(record)
        return
      }
      const bigInts: BigInts = { attributes: new Map(), body: undefined }
      const tamed = {
        ...record,
        ...(attributes && {
          attributes: tameMap(attributes, (key, given) => void bigInts.attributes.set(key, given)),
        }),
        ...(exception !== undefined && { exception: tameException(exception) }),
        body: tame(body, (given) => {
          bigInts.body = given
        }) as string,
      }
      emitWithBigInts(bigInts, () => emit(tamed))
    } catch {
      // a record that cannot even be copied
    }
  }
}

const EXCEPTION_FIELDS = ['code', 'name', 'message', 'stack'] as const

/** The SDK reads these, and a record whose exception throws then would be lost. */
function isReadable(exception: unknown): boolean {
  if (typeof exception !== 'object' || exception === null) return true
  try {
    for (const field of EXCEPTION_FIELDS) void (exception as Record<string, unknown>)[field]
    return true
  } catch {
    return false
  }
}

function tameException(exception: unknown): unknown {
  if (isReadable(exception)) return exception
  return Object.fromEntries(EXCEPTION_FIELDS.map((field) => [field, readProperty(exception as object, field)]))
}

const isPlain = (value: unknown): boolean =>
  typeof value === 'object' ? value === null || isPlainList(value) : typeof value !== 'bigint'

function isPlainList(value: object): boolean {
  if (!Array.isArray(value) || value.length > 128) return false
  for (const item of value) if (!isPlainItem(item)) return false
  return true
}

/** Whether all values can be read, and none of them is more than a list. Nearly all maps are such, so this is what most calls cost. */
export function isPlainMap(map: object): boolean {
  try {
    for (const key in map) if (!isPlain((map as Record<string, unknown>)[key])) return false
    return true
  } catch {
    return false
  }
}

/** @param onBigInt hears of values with a BigInt in them, as they were given */
export function tameMap(map: object, onBigInt?: (key: string, given: unknown) => void): Attributes {
  const copy: Attributes = {}
  for (const key of keysOf(map))
    setOwn(
      copy,
      key,
      tame(readProperty(map, key), (given) => onBigInt?.(key, given)),
    )
  return copy
}

const isPlainItem = (item: unknown): boolean => (typeof item === 'object' ? item === null : typeof item !== 'bigint')

/** The SDK counts what can be no attribute, and takes no value with a BigInt in it; small ones are numbers by now. */
function tame(value: unknown, onBigInt: (given: unknown) => void): unknown {
  const kept = keepValue(value, Number.POSITIVE_INFINITY)
  if (kept === undefined) return value
  const text = bigIntsAsText(kept)
  if (text !== kept) onBigInt(kept)
  return text
}
