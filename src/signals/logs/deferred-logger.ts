/** A logger provider whose loggers always follow the provider that is configured now, whenever they were taken. */
import { createNoopLogger, type Logger, type LoggerProvider, type LogRecord } from '@opentelemetry/api'

/** A provider whose loggers follow the delegate, also the ones handed out before there was one, or under another one. */
export interface DeferredLoggerProvider extends LoggerProvider {
  /** From now on every logger emits to `provider`; `undefined` makes them silent again. */
  setDelegate(provider: LoggerProvider | undefined): void
  forceFlush(): Promise<void>
}

interface Host {
  provider: LoggerProvider | undefined
}

/** Names come from the application; a logger beyond the limit works as well, it is only not found again. */
const MAX_LOGGERS = 1_000
const SILENT = createNoopLogger()

export function createDeferredLoggerProvider(): DeferredLoggerProvider {
  const host: Host = { provider: undefined }
  const loggers = new Map<string, DeferredLogger>()
  return {
    getLogger(name, version, options) {
      // attributes of a scope are rare, and no text tells them apart
      if (options?.attributes) return new DeferredLogger(host, [name, version, options])
      const key = `${name}\n${version}\n${options?.schemaUrl}`
      const known = loggers.get(key)
      if (known) return known
      if (loggers.size >= MAX_LOGGERS) loggers.clear()
      const logger = new DeferredLogger(host, [name, version, options])
      loggers.set(key, logger)
      return logger
    },
    setDelegate(provider) {
      host.provider = provider
      for (const logger of loggers.values()) logger.forget()
    },
    async forceFlush() {
      await (host.provider as { forceFlush?(): Promise<void> } | undefined)?.forceFlush?.()
    },
  }
}

class DeferredLogger implements Logger {
  private readonly host: Host
  private readonly identity: Parameters<LoggerProvider['getLogger']>
  private provider: LoggerProvider | undefined
  private real: Logger = SILENT

  constructor(host: Host, identity: Parameters<LoggerProvider['getLogger']>) {
    this.host = host
    this.identity = identity
  }

  emit(record: LogRecord): void {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    real.emit(record)
  }

  enabled(options?: Parameters<Logger['enabled']>[0]): boolean {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    return real.enabled(options)
  }

  /** Keeps no provider alive that has been shut down. */
  forget(): void {
    this.provider = undefined
    this.real = SILENT
  }

  private follow(): Logger {
    const { provider } = this.host
    this.real = provider?.getLogger(...this.identity) ?? SILENT
    this.provider = provider
    return this.real
  }
}
