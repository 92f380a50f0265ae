/**
 * Keeps what an application hands to the API from throwing back at it, or from blocking it: attributes with getters that throw, endless depth,
 * graphs that unfold, null where an object belongs. The SDK's tracers and loggers are wrapped one by one as they are handed out; its classes stay as they are.
 */
import type {
  Attributes,
  AttributeValue,
  Context,
  Exception,
  Link,
  Logger,
  LoggerProvider,
  LogRecord,
  Span,
  SpanOptions,
  SpanStatus,
  TimeInput,
  Tracer,
  TracerProvider,
} from '@opentelemetry/api'

const DEPTH_LIMIT = 16
const VALUE_LIMIT = 5000

const guarded = new WeakSet<object>()

/** Every tracer of the provider, and every span of those, is safe from hostile input from here on. */
export function guardTracerProvider(provider: TracerProvider): void {
  const getTracer = provider.getTracer.bind(provider)
  provider.getTracer = (name, version, options) => once(getTracer(name, version, options), guardTracer)
}

/** Every logger of the provider is safe from hostile input from here on. */
export function guardLoggerProvider(provider: LoggerProvider): void {
  const getLogger = provider.getLogger.bind(provider)
  provider.getLogger = (name, version, options) => once(getLogger(name, version, options), guardLogger)
}

function once<Target extends object>(target: Target, guard: (target: Target) => void): Target {
  if (!guarded.has(target)) {
    guarded.add(target)
    guard(target)
  }
  return target
}

function guardTracer(tracer: Tracer): void {
  const { startSpan } = tracer
  tracer.startSpan = (name: string, options?: SpanOptions, context?: Context): Span => {
    try {
      return guardSpan(startSpan.call(tracer, name, options && tameOptions(options), context))
    } catch {
      // the span itself must not be lost with what was wrong about it
      return guardSpan(startSpan.call(tracer, name, undefined, context))
    }
  }
}

function tameOptions(options: SpanOptions): SpanOptions {
  const { attributes, links } = options
  if ((attributes === undefined || isPlainMap(attributes)) && links === undefined) return options
  return {
    ...options,
    ...(attributes && { attributes: tameMap(attributes) }),
    ...(links && { links: tameLinks(links) }),
  }
}

const tameLinks = (links: readonly Link[]): Link[] => [...links].filter(isLink).map(tameLink)
const isLink = (link: Link | null | undefined): boolean => typeof link?.context?.traceId === 'string'
const tameLink = (link: Link): Link => (link.attributes ? { ...link, attributes: tameMap(link.attributes) } : link)

function guardLogger(logger: Logger): void {
  const emit = logger.emit.bind(logger)
  logger.emit = (record: LogRecord): void => {
    try {
      const { attributes, body } = record
      const isTame = (attributes === undefined || isPlainMap(attributes)) && isPlain(body)
      emit(
        isTame
          ? record
          : { ...record, ...(attributes && { attributes: tameMap(attributes) }), body: tame(body) as string },
      )
    } catch {
      // a record that cannot even be copied
    }
  }
}

/** The span's own class is the prototype of what we add, so `super` is what the SDK does. */
function guardSpan(span: Span): Span {
  if (span.isRecording()) {
    span.setAttribute = setAttribute
    span.setAttributes = setAttributes
    span.addEvent = addEvent
    span.addLink = addLink
    span.addLinks = addLinks
    span.setStatus = setStatus
    span.recordException = recordException
  }
  return span
}

const sdk = (span: Span): Span => Object.getPrototypeOf(span) as Span

function setAttribute(this: Span, key: string, value: AttributeValue): Span {
  try {
    if (typeof key !== 'string') return this
    return sdk(this).setAttribute.call(this, key, isPlain(value) ? value : (tame(value) as AttributeValue))
  } catch {
    return this
  }
}

function setAttributes(this: Span, attributes: Attributes): Span {
  try {
    for (const key of Object.keys(attributes)) this.setAttribute(key, readProperty(attributes, key) as AttributeValue)
  } catch {
    // not an object, or one whose keys cannot be listed
  }
  return this
}

function addEvent(this: Span, name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): Span {
  try {
    return sdk(this).addEvent.call(this, name, attributesOrTime, time)
  } catch {
    return this
  }
}

function addLink(this: Span, link: Link): Span {
  try {
    return isLink(link) ? sdk(this).addLink.call(this, tameLink(link)) : this
  } catch {
    return this
  }
}

function addLinks(this: Span, links: Link[]): Span {
  try {
    for (const link of links) this.addLink(link)
  } catch {
    // not a list
  }
  return this
}

function setStatus(this: Span, status: SpanStatus): Span {
  try {
    return sdk(this).setStatus.call(this, status)
  } catch {
    return this
  }
}

function recordException(this: Span, exception: Exception, time?: TimeInput): void {
  try {
    if (isException(exception)) sdk(this).recordException.call(this, exception, time)
  } catch {
    sdk(this).recordException.call(this, { name: 'Error', message: '[unreadable]' }, time)
  }
}

/** The SDK prints what it does not know for an exception, which unfolds a graph. */
function isException(exception: Exception): boolean {
  if (typeof exception !== 'object' || exception === null) return typeof exception === 'string'
  const { name, message, code } = exception as { name?: unknown; message?: unknown; code?: unknown }
  return Boolean(name || message || code)
}

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null || isPlainList(value)

function isPlainList(value: object): boolean {
  if (!Array.isArray(value) || value.length > 128) return false
  for (const item of value) if (typeof item === 'object' && item !== null) return false
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

export function tameMap(map: object): Attributes {
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(map)) copy[key] = tame(readProperty(map, key))
  return copy as Attributes
}

/** A copy of bounded depth and size, whose properties can be read. */
function tame(value: unknown): unknown {
  let left = VALUE_LIMIT
  const copy = (inner: unknown, depth: number): unknown => {
    if (typeof inner !== 'object' || inner === null || inner instanceof Uint8Array) return inner
    if (inner instanceof Date) return Number.isNaN(inner.getTime()) ? 'Invalid Date' : inner.toISOString()
    if (depth > DEPTH_LIMIT) return '[too deep]'
    if (Array.isArray(inner)) {
      const list: unknown[] = []
      for (let index = 0; index < inner.length && --left >= 0; index++)
        list.push(copy(readProperty(inner, index), depth + 1))
      return list
    }
    const map: Record<string, unknown> = {}
    for (const key of Object.keys(inner)) {
      if (--left < 0) break
      map[key] = copy(readProperty(inner, key), depth + 1)
    }
    return map
  }
  try {
    return copy(value, 0)
  } catch {
    return '[unreadable]'
  }
}

function readProperty(holder: object, key: string | number): unknown {
  try {
    return (holder as Record<string | number, unknown>)[key]
  } catch {
    return '[unreadable]'
  }
}
