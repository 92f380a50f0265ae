/**
 * Keeps what an application hands to loggers and instruments from throwing back at it, or from blocking it: attributes with getters that throw, endless
 * depth, graphs that unfold, null where an object belongs. They are wrapped one by one as they are handed out; the SDK's classes stay as they are.
 */
import type { Attributes, Context, Logger, LoggerProvider, LogRecord, Meter, MeterProvider } from '@opentelemetry/api'
import { keepValue, keysOf, readProperty, setOwn } from './attribute-values.ts'

const guarded = new WeakSet<object>()

/** Every logger of the provider is safe from hostile input from here on. */
export function guardLoggerProvider(provider: LoggerProvider): void {
  const getLogger = provider.getLogger.bind(provider)
  provider.getLogger = (name, version, options) => once(getLogger(name, version, options), guardLogger)
}

/** Every instrument of the provider is safe from hostile input from here on. */
export function guardMeterProvider(provider: MeterProvider): void {
  const getMeter = provider.getMeter.bind(provider)
  provider.getMeter = (name, version, options) => once(getMeter(name, version, options), guardMeter)
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

function guardMeter(meter: Meter): void {
  const { createCounter, createUpDownCounter, createHistogram, createGauge } = meter
  meter.createCounter = (name, options) => guardAdd(createCounter.call(meter, name, options))
  meter.createUpDownCounter = (name, options) => guardAdd(createUpDownCounter.call(meter, name, options))
  meter.createHistogram = (name, options) => guardRecord(createHistogram.call(meter, name, options))
  meter.createGauge = (name, options) => guardRecord(createGauge.call(meter, name, options))
}

type Measure = (value: number, attributes?: Attributes, context?: Context) => void

function guardAdd<Instrument extends { add: Measure }>(instrument: Instrument): Instrument {
  instrument.add = guardMeasure(instrument.add.bind(instrument))
  return instrument
}

function guardRecord<Instrument extends { record: Measure }>(instrument: Instrument): Instrument {
  instrument.record = guardMeasure(instrument.record.bind(instrument))
  return instrument
}

function guardMeasure(measure: Measure): Measure {
  return (value, attributes, context) => {
    // the SDK prints what is no number, which unfolds a graph
    if (typeof value !== 'number') return
    try {
      const isTame = attributes === undefined || attributes === null || isPlainMap(attributes)
      measure(value, (isTame ? attributes : tameMap(attributes)) ?? undefined, context)
    } catch {
      // attributes that cannot be listed
    }
  }
}

const isPlain = (value: unknown): boolean =>
  typeof value === 'object' ? value === null || isPlainList(value) : typeof value !== 'bigint'

function isPlainList(value: object): boolean {
  if (!Array.isArray(value) || value.length > 128) return false
  for (const item of value) if (typeof item === 'object' && item !== null) return false
  return true
}

/** Whether all values can be read, and none of them is more than a list. Nearly all maps are such, so this is what most calls cost. */
function isPlainMap(map: object): boolean {
  try {
    for (const key in map) if (!isPlain((map as Record<string, unknown>)[key])) return false
    return true
  } catch {
    return false
  }
}

function tameMap(map: object): Attributes {
  const copy: Attributes = {}
  for (const key of keysOf(map)) setOwn(copy, key, tame(readProperty(map, key)))
  return copy
}

/** The SDK counts what can be no attribute, and knows no BigInt. */
function tame(value: unknown): unknown {
  const kept = keepValue(value, Number.POSITIVE_INFINITY) as unknown
  if (typeof kept === 'bigint') return kept.toString()
  return kept === undefined ? value : kept
}
