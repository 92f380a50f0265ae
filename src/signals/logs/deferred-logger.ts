/** A logger provider that may be used before telemetry is configured: its loggers begin to emit once a real provider exists. */
import {
  createNoopLogger,
  type Logger,
  type LoggerOptions,
  type LoggerProvider,
  type LogRecord,
} from '@opentelemetry/api'

/** A provider whose loggers follow the delegate, also the ones handed out before there was one. */
export interface DeferredLoggerProvider extends LoggerProvider {
  /** From now on every logger emits to `provider`; `undefined` makes them silent again. */
  setDelegate(provider: LoggerProvider | undefined): void
}

export function createDeferredLoggerProvider(): DeferredLoggerProvider {
  const loggers = new Map<string, DeferredLogger>()
  let delegate: LoggerProvider | undefined
  return {
    getLogger(name, version, options) {
      if (delegate) return delegate.getLogger(name, version, options)
      const key = JSON.stringify([name, version, options?.schemaUrl])
      const known = loggers.get(key)
      if (known) return known
      const logger = new DeferredLogger(name, version, options)
      loggers.set(key, logger)
      return logger
    },
    setDelegate(provider) {
      delegate = provider
      for (const logger of loggers.values()) logger.follow(provider)
    },
  }
}

class DeferredLogger implements Logger {
  readonly #identity: [name: string, version: string | undefined, options: LoggerOptions | undefined]
  #real: Logger = createNoopLogger()

  constructor(...identity: [string, string | undefined, LoggerOptions | undefined]) {
    this.#identity = identity
  }

  follow(provider: LoggerProvider | undefined): void {
    this.#real = provider?.getLogger(...this.#identity) ?? createNoopLogger()
  }

  emit(record: LogRecord): void {
    this.#real.emit(record)
  }

  enabled(options?: Parameters<Logger['enabled']>[0]): boolean {
    return this.#real.enabled(options)
  }
}
