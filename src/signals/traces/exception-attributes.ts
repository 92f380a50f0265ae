/** The attributes of an `exception` event, from anything that was thrown. */
import type { Attributes } from '@opentelemetry/api'
import { keepValue, readProperty } from '../attribute-values.ts'

/** Undefined where nothing says what was thrown. */
export function exceptionEventAttributes(exception: unknown): Attributes | undefined {
  if (typeof exception === 'string') return exception === '' ? undefined : { 'exception.message': exception }
  if (typeof exception !== 'object' || exception === null) return undefined
  const type = typeOf(exception)
  const message = readProperty(exception, 'message')
  if (!type && !message) return undefined
  const stack = readProperty(exception, 'stack')
  return {
    ...(type ? { 'exception.type': type } : {}),
    ...(message ? { 'exception.message': keepValue(message, Number.POSITIVE_INFINITY)! } : {}),
    ...(stack ? { 'exception.stacktrace': keepValue(stack, Number.POSITIVE_INFINITY)! } : {}),
  }
}

/** A code tells more than the name, which is mostly `Error`. */
function typeOf(exception: object): string | undefined {
  const code = readProperty(exception, 'code')
  const type = code || readProperty(exception, 'name')
  if (typeof type === 'object' || typeof type === 'function') return `[${typeof type}]`
  return type ? String(type) : undefined
}
