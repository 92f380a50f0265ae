/**
 * Sends what is written with `console` as log records too. Node tells of each call on a channel of its own, so that nothing is patched and the output
 * is as it was. `dir` and what is written to the streams are not told.
 * @see https://nodejs.org/api/diagnostics_channel.html#console
 */
import { Console } from 'node:console'
import diagnosticsChannel from 'node:diagnostics_channel'
import { Writable } from 'node:stream'
import { context, type Logger, logs } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { isSpeaking, log } from '../../log.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { createConsoleRecord, type Method, SEVERITIES } from './record.ts'

const METHODS = Object.keys(SEVERITIES) as Method[]
const channelOf = (method: Method): string => `console.${method}`
const NOTHING = (): void => {}

/** What a call of `console` leads to must not come back here. */
let isBusy = false

/** @returns what ends it */
export function bridgeConsole(): () => void {
  const first = findFirstArgument()
  if (first < 0) {
    log.warn(
      `Node.js ${process.versions.node} does not tell of calls of console, as 22.15 and later do: they are not sent as log records`,
    )
    return NOTHING
  }
  let logger: Logger | undefined
  const listeners = METHODS.map((method) => {
    const listener = (args: unknown): void => {
      if (isBusy || isSpeaking() || isTracingSuppressed(context.active())) return
      isBusy = true
      try {
        logger ??= logs.getLogger(`${DISTRO_NAME}/console`, VERSION)
        emit(logger, method, (args as readonly unknown[]).slice(first))
      } catch {
        // arguments that throw when they are read: the application hears of it from console itself
      } finally {
        isBusy = false
      }
    }
    diagnosticsChannel.subscribe(channelOf(method), listener)
    return [method, listener] as const
  })
  return () => {
    for (const [method, listener] of listeners) diagnosticsChannel.unsubscribe(channelOf(method), listener)
  }
}

/** Runs what may write with `console` and has made its log records itself. */
export function withoutBridge<Result>(run: () => Result): Result {
  const was = isBusy
  isBusy = true
  try {
    return run()
  } finally {
    isBusy = was
  }
}

function emit(logger: Logger, method: Method, args: readonly unknown[]): void {
  if (!logger.enabled({ severityNumber: SEVERITIES[method] })) return
  logger.emit(createConsoleRecord(method, args))
}

/**
 * Where the arguments begin in what Node tells, found by a call of a console that writes nowhere: Node 22.15 has the console before them.
 * @returns a negative number where Node tells nothing
 */
function findFirstArgument(): number {
  const probe = 'uptrace'
  let first = -1
  const listener = (args: unknown): void => {
    first = (args as readonly unknown[]).indexOf(probe)
  }
  diagnosticsChannel.subscribe(channelOf('debug'), listener)
  try {
    withoutBridge(() => new Console(new Writable({ write: (_chunk, _encoding, done) => done() })).debug(probe))
  } finally {
    diagnosticsChannel.unsubscribe(channelOf('debug'), listener)
  }
  return first
}
