/** Joins pino to traces and log records: each line gets the ids of the active span and is emitted as a record holding what the line holds. */
import { type Logger, type LogRecord, logs } from '@opentelemetry/api'
import type { LogCorrelationOptions } from '../../config/options.ts'
import { log } from '../../log.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { type Parts, plainRecord } from './fields.ts'
import { createLineIds, type LineIds } from './line-ids.ts'
import { createRecord, type Fields, severityOf } from './record.ts'
import { watchStreamWrite } from './stream-write.ts'
import { type PinoInstance, Symbols } from './symbols.ts'

type AsJson = (this: PinoInstance, object: unknown, message: unknown, level: number, time: string) => string
type Write = (this: PinoInstance, ...args: unknown[]) => unknown

const DEFAULT_KEYS = { traceId: 'trace_id', spanId: 'span_id', traceFlags: 'trace_flags' }
const patched = new WeakSet<object>()

interface Settings {
  readonly correlation: boolean
  readonly sending: boolean
  readonly ids: LineIds
}

let settings: Settings = { correlation: true, sending: true, ids: createLineIds(DEFAULT_KEYS) }
let isOn = true
let hasWarned = false
let logger: Logger | undefined
/** When a line becomes a record, if it does. */
type Sent = 'not' | 'as made' | 'as written'
/** A line whose hook has not been called yet. */
let pending: { readonly symbols: Symbols; readonly instance: PinoInstance; readonly level: number } | undefined

/** Sets what lines carry and whether they are sent; the last configuration counts for every logger. */
export function configurePino(options: LogCorrelationOptions = {}): void {
  settings = {
    correlation: options.correlation ?? true,
    sending: options.sending ?? true,
    ids: createLineIds({ ...DEFAULT_KEYS, ...options.keys }),
  }
  isOn = true
}

/** Makes patched loggers plain again. */
export function disablePino(): void {
  isOn = false
}

/**
 * Patches the prototype that all loggers of one copy of pino share, so that loggers made before are joined too. Once per copy.
 * @returns whether this logger could be joined
 */
export function attachPino(instance: PinoInstance): boolean {
  for (let owner: object | null = instance; owner; owner = Object.getPrototypeOf(owner)) {
    const symbol = symbolIn(owner, 'pino.asJson')
    if (symbol === undefined) continue
    if (patched.has(owner)) return true
    const methods = owner as Record<symbol, unknown>
    const asJson = methods[symbol]
    if (typeof asJson !== 'function') return false
    patched.add(owner)
    const symbols = new Symbols()
    methods[symbol] = wrapAsJson(asJson as AsJson, symbols)
    const write = symbolIn(owner, 'pino.write')
    if (write !== undefined && typeof methods[write] === 'function')
      methods[write] = wrapWrite(methods[write] as Write, symbols)
    return true
  }
  return false
}

function symbolIn(owner: object, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(owner).find(({ description }) => description === name)
}

function wrapAsJson(asJson: AsJson, symbols: Symbols): AsJson {
  return function (object, message, level, time) {
    if (!isOn) return asJson.call(this, object, message, level, time)
    const sent = whenSent(symbols, this, level)
    const record = sent === 'as made' ? tryPlain(symbols, this, { object, message, level, time }) : undefined
    if (record === undefined) return join(symbols, this, asJson.call(this, object, message, level, time), level, sent)
    // behind the time pino writes what it is given: a line that is cut open later has to be put together first
    const line = asJson.call(this, object, message, level, time + idsOf())
    try {
      logger!.emit(record)
    } catch {
      // the line is written all the same
    }
    return line
  }
}

/** pino asks for the hook before it makes the line. */
function wrapWrite(write: Write, symbols: Symbols): Write {
  return function (...args) {
    try {
      if (isOn) watchStreamWrite(symbols, this, seeWritten)
    } catch {
      // a logger that lets nothing be replaced: its record holds what it made
    }
    return Reflect.apply(write, this, args)
  }
}

/** Whether a line becomes a record as it is made, or as a hook of the logger has written it. Never throws. */
function whenSent(symbols: Symbols, instance: PinoInstance, level: number): Sent {
  try {
    if (!settings.sending) return 'not'
    if (watchStreamWrite(symbols, instance, seeWritten)) return 'as written'
    return isWanted(level) ? 'as made' : 'not'
  } catch {
    return 'not'
  }
}

/** The record of a line that needs not be parsed. Never throws. */
function tryPlain(symbols: Symbols, instance: PinoInstance, parts: Parts): LogRecord | undefined {
  try {
    return plainRecord(symbols, instance, parts, settings.ids.isName)
  } catch {
    return undefined
  }
}

function idsOf(): string {
  try {
    return settings.correlation ? settings.ids.fields() : ''
  } catch {
    return ''
  }
}

/** Never throws: whatever is odd about a line, the line is written as pino made it. */
function join(symbols: Symbols, instance: PinoInstance, line: string, level: number, sent: Sent): string {
  try {
    let fields: Fields | undefined
    const parse = (): Fields => {
      fields ??= JSON.parse(line) as Fields
      return fields
    }
    if (sent === 'as written') pending = { symbols, instance, level }
    else if (sent === 'as made') emitLine(symbols, instance, level, line, parse)
    return settings.correlation ? settings.ids.add(line, parse) : line
  } catch {
    return line
  }
}

function seeWritten(line: string): void {
  const waiting = pending
  pending = undefined
  if (waiting === undefined) return
  try {
    const { symbols, instance, level } = waiting
    if (isWanted(level)) emitLine(symbols, instance, level, line, () => JSON.parse(line) as Fields)
  } catch {
    // the line is written all the same
  }
}

function isWanted(level: number): boolean {
  logger ??= logs.getLogger(`${DISTRO_NAME}/pino`, VERSION)
  return logger.enabled({ severityNumber: severityOf(level) })
}

function emitLine(symbols: Symbols, instance: PinoInstance, level: number, line: string, read: () => Fields): void {
  const messageKey = (symbols.read(instance, 'pino.messageKey') as string | undefined) ?? 'msg'
  const errorKey = (symbols.read(instance, 'pino.errorKey') as string | undefined) ?? 'err'
  const label = instance.levels?.labels[level]
  const { isAdded } = settings.ids
  logger!.emit(createRecord(readOrText(read, line, messageKey), level, label, { messageKey, errorKey, isAdded }))
}

function readOrText(read: () => Fields, line: string, messageKey: string): Fields {
  try {
    return read()
  } catch {
    if (!hasWarned)
      log.warn(
        'a logger of pino writes lines that are no JSON: their log records hold the line as text, without fields. Check its options timestamp, formatters and hooks',
      )
    hasWarned = true
    return { [messageKey]: line.trimEnd() }
  }
}
