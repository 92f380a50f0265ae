/** The door `uptrace-node/pino`: the explicit form of the log bridge, for a pino that was imported first, or is bundled. */
import { attachPino } from './instrument/pino/bridge.ts'

type LogMethod = (this: never, args: never[], method: (...args: never[]) => void, level: number) => void
interface PinoOptionsLike {
  hooks?: { logMethod?: unknown }
}

/**
 * The options of a pino logger, completed so that its lines carry the ids of the active span and are sent as log records.
 * Beside the automatic instrumentation it changes nothing: each line is sent once.
 * @example
 * import pino from 'pino'
 * import { pinoOptions } from 'uptrace-node/pino'
 * const logger = pino(pinoOptions({ level: 'info' }))
 */
export function pinoOptions<Options extends object>(options: Options = {} as Options): Options {
  const { hooks } = options as PinoOptionsLike
  const inner = hooks?.logMethod as LogMethod | undefined
  const logMethod = function (this: never, args: never[], method: (...args: never[]) => void, level: number): void {
    attachPino(this)
    if (inner) inner.call(this, args, method, level)
    else method.apply(this, args)
  }
  return { ...options, hooks: { ...hooks, logMethod } }
}

/**
 * Joins a logger that exists, and with it all loggers of the same copy of pino.
 * @returns `false` when it is not a pino logger
 */
export function instrumentPino(logger: object): boolean {
  return attachPino(logger as Parameters<typeof attachPino>[0])
}
