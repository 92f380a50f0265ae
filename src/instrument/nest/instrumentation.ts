/**
 * Sends what Nest's own logger prints as log records. All its methods come together in `printMessages` of ConsoleLogger, after the levels that are off
 * are sorted out; a logger that the application has put in its place is not seen here.
 */
import { type AnyValue, type Logger, logs, SeverityNumber } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import type * as ConsoleBridge from '../console/bridge.ts'

type Base = typeof import('@opentelemetry/instrumentation')
type Print = (
  messages: readonly unknown[],
  context?: string,
  level?: string,
  stream?: string,
  errorStack?: unknown,
) => unknown
interface Exports {
  readonly ConsoleLogger?: { readonly prototype: { printMessages?: Print } }
}

const SEVERITIES: Readonly<Record<string, SeverityNumber>> = {
  verbose: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  log: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
}
const NAME = `${DISTRO_NAME}/nest`

export function createNest(config: object): Instrumentation {
  const { InstrumentationBase, InstrumentationNodeModuleDefinition } = loadLazily<Base>('instrumentation')
  class NestLogs extends InstrumentationBase {
    override init(): InstrumentationModuleDefinition {
      return new InstrumentationNodeModuleDefinition('@nestjs/common', ['>=8.0.0 <13'], (exported: Exports) => {
        const prototype = exported.ConsoleLogger?.prototype
        if (typeof prototype?.printMessages === 'function')
          this._wrap(prototype, 'printMessages', (print) => this.#join(print as Print) as never)
        return exported
      })
    }
    #join(print: Print): Print {
      const isOn = (): boolean => this.isEnabled()
      const { withoutBridge } = loadLazily<typeof ConsoleBridge>('console')
      return function (this: unknown, messages, context, level, stream, errorStack) {
        if (isOn()) emitMessages(messages, context, level ?? 'log', errorStack)
        // with its option forceConsole Nest prints by `console`
        return withoutBridge(() => print.call(this, messages, context, level, stream, errorStack))
      }
    }
  }
  return new NestLogs(NAME, VERSION, config) as unknown as Instrumentation
}

let logger: Logger | undefined

function emitMessages(messages: readonly unknown[], context: unknown, level: string, errorStack: unknown): void {
  try {
    logger ??= logs.getLogger(NAME, VERSION)
    const severityNumber = SEVERITIES[level] ?? SeverityNumber.INFO
    if (!logger.enabled({ severityNumber })) return
    for (const message of messages) {
      const error = message instanceof Error ? message : undefined
      const stack = error?.stack ?? errorStack
      logger.emit({
        severityNumber,
        severityText: level,
        body: (error ? error.message : message) as AnyValue,
        attributes: {
          ...(typeof context === 'string' && context !== '' && { 'nest.context': context }),
          ...(error && { 'exception.type': error.name, 'exception.message': error.message }),
          ...(typeof stack === 'string' && { 'exception.stacktrace': stack }),
        },
      })
    }
  } catch {
    // a message that cannot be read is printed all the same
  }
}
