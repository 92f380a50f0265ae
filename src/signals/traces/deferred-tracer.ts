/** A tracer provider whose tracers always follow the provider that is configured now, whenever they were taken. */
import {
  type Context,
  ProxyTracerProvider,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'

/** A provider whose tracers follow the delegate, also the ones handed out before there was one, or under another one. */
export interface DeferredTracerProvider extends TracerProvider {
  /** From now on every tracer starts spans of `provider`; `undefined` makes them silent again. */
  setDelegate(provider: TracerProvider | undefined): void
  /** As the API's own proxy has it: applications look here for what they flush. */
  getDelegate(): TracerProvider
  forceFlush(): Promise<void>
}

interface Host {
  provider: TracerProvider | undefined
}

/** Names come from the application; a tracer beyond the limit works as well, it is only not found again. */
const MAX_TRACERS = 1_000
const SILENT_PROVIDER = new ProxyTracerProvider()
const SILENT = SILENT_PROVIDER.getTracer('')

export function createDeferredTracerProvider(): DeferredTracerProvider {
  const host: Host = { provider: undefined }
  const tracers = new Map<string, DeferredTracer>()
  return {
    getTracer(name, version, options) {
      const key = `${name}\n${version}\n${options?.schemaUrl}`
      const known = tracers.get(key)
      if (known) return known
      if (tracers.size >= MAX_TRACERS) tracers.clear()
      const tracer = new DeferredTracer(host, [name, version, options])
      tracers.set(key, tracer)
      return tracer
    },
    setDelegate(provider) {
      host.provider = provider
      for (const tracer of tracers.values()) tracer.forget()
    },
    getDelegate: () => host.provider ?? SILENT_PROVIDER,
    async forceFlush() {
      await (host.provider as { forceFlush?(): Promise<void> } | undefined)?.forceFlush?.()
    },
  }
}

class DeferredTracer implements Tracer {
  private readonly host: Host
  private readonly identity: Parameters<TracerProvider['getTracer']>
  private provider: TracerProvider | undefined
  private real: Tracer = SILENT

  constructor(host: Host, identity: Parameters<TracerProvider['getTracer']>) {
    this.host = host
    this.identity = identity
  }

  startSpan(name: string, options?: SpanOptions, context?: Context) {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    return real.startSpan(name, options, context)
  }

  startActiveSpan(...args: unknown[]) {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    return Reflect.apply(real.startActiveSpan, real, args)
  }

  /** Keeps no provider alive that has been shut down. */
  forget(): void {
    this.provider = undefined
    this.real = SILENT
  }

  private follow(): Tracer {
    const { provider } = this.host
    this.real = provider?.getTracer(...this.identity) ?? SILENT
    this.provider = provider
    return this.real
  }
}
