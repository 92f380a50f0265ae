/** The package's own log lines: to stderr, prefixed, throttled, on one line, never throwing and never showing a secret. */

import { hearRejection, messageOf } from './errors.ts'
import { cleanText } from './redact.ts'
import { performance } from './timers.ts'

/** The text without ids and numbers, as a key for `logThrottled`: what differs from time to time must not defeat the throttle. */
export function kindOf(text: string): string {
  return text
    .slice(0, 200)
    .replace(/[\p{L}\p{N}_-]*\p{N}[\p{L}\p{N}_-]*/gu, '#')
    .slice(0, 80)
}

export type LogLevel = 'none' | 'error' | 'warn' | 'info' | 'debug'

/** Where the package's own lines go. Anything with these four methods will do: `console`, pino, winston. */
export interface DiagnosticLogger {
  error(message: string): void
  warn(message: string): void
  info(message: string): void
  debug(message: string): void
}

const RANK: Record<LogLevel, number> = { none: 0, error: 1, warn: 2, info: 3, debug: 4 }
const REPEAT_AFTER_MILLIS = 60_000
const MAX_REMEMBERED_LINES = 256

let threshold = RANK.warn
let target: DiagnosticLogger | undefined
const lastSaid = new Map<string, number>()

export const log: DiagnosticLogger = {
  error: (message) => write('error', message),
  warn: (message) => write('warn', message),
  info: (message) => write('info', message),
  debug: (message) => write('debug', message),
}

/** Sends the package's own lines elsewhere and sets which are kept. `undefined` puts stderr and `warn` back. */
export function configureLog(
  options: { level?: LogLevel | undefined; logger?: DiagnosticLogger | undefined } = {},
): void {
  threshold = RANK[options.level ?? 'warn']
  target = options.logger
  lastSaid.clear()
}

/** Says a line at most once a minute for one `key`, so that a lasting fault is visible but does not flood. */
export function logThrottled(level: Exclude<LogLevel, 'none'>, key: string, message: string): void {
  const now = performance.now()
  const last = lastSaid.get(key)
  if (last !== undefined && now - last < REPEAT_AFTER_MILLIS) return
  if (lastSaid.size >= MAX_REMEMBERED_LINES) lastSaid.clear()
  lastSaid.set(key, now)
  write(level, message)
}

/** Whether a line of this level would be written: what only makes the text of one need not be done where not. */
export const isShown = (level: Exclude<LogLevel, 'none'>): boolean => RANK[level] <= threshold

/** Runs a step without which the application goes on: a failure is a line. */
export function orElse<T>(what: string, step: () => T, otherwise: T): T {
  try {
    return step()
  } catch (error) {
    log.warn(`${what} failed (${messageOf(error)}); telemetry goes on without`)
    return otherwise
  }
}

let speaking = 0

/** Whether a line of this package is being written, perhaps with the `console` of the application as `logger`. */
export const isSpeaking = (): boolean => speaking > 0

function write(level: Exclude<LogLevel, 'none'>, message: string): void {
  if (!isShown(level)) return
  speaking++
  try {
    const line = cleanText(message)
    if (target) hearRejection(target[level](line), () => {})
    else process.stderr.write(`uptrace: ${line}\n`)
  } catch {
    // a closed stderr or a user logger that throws must not reach the application
  } finally {
    speaking--
  }
}
