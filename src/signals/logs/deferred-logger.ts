/** A logger provider whose loggers always follow the provider that is configured now, whenever they were taken. */
import { createNoopLogger, type Logger, type LoggerProvider, type LogRecord } from '@opentelemetry/api'
import { createScopes, Following, flushDelegate, type Host } from '../deferred.ts'

/** A provider whose loggers follow the delegate, also the ones handed out before there was one, or under another one. */
export interface DeferredLoggerProvider extends LoggerProvider {
  /** From now on every logger emits to `provider`; `undefined` makes them silent again. */
  setDelegate(provider: LoggerProvider | undefined): void
  forceFlush(): Promise<void>
}

const SILENT = createNoopLogger()

export function createDeferredLoggerProvider(): DeferredLoggerProvider {
  const host: Host<LoggerProvider> = { provider: undefined }
  const loggers = createScopes((...identity) => new DeferredLogger(host, identity))
  return {
    getLogger: (name, version, options) =>
      // attributes of a scope are rare, and no text tells them apart
      options?.attributes ? new DeferredLogger(host, [name, version, options]) : loggers.find(name, version, options),
    setDelegate(provider) {
      host.provider = provider
      loggers.forgetAll()
    },
    forceFlush: () => flushDelegate(host),
  }
}

class DeferredLogger extends Following<LoggerProvider, Logger> implements Logger {
  constructor(host: Host<LoggerProvider>, identity: Parameters<LoggerProvider['getLogger']>) {
    super(host, SILENT, (provider) => provider.getLogger(...identity))
  }

  emit(record: LogRecord): void {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    real.emit(record)
  }

  enabled(options?: Parameters<Logger['enabled']>[0]): boolean {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    return real.enabled(options)
  }
}
