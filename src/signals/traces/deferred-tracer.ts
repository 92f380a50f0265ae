/** A tracer provider whose tracers always follow the provider that is configured now, whenever they were taken. */
import {
  type Context,
  ProxyTracerProvider,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'
import { createScopes, Following, flushDelegate, type Host } from '../deferred.ts'

/** A provider whose tracers follow the delegate, also the ones handed out before there was one, or under another one. */
export interface DeferredTracerProvider extends TracerProvider {
  /** From now on every tracer starts spans of `provider`; `undefined` makes them silent again. */
  setDelegate(provider: TracerProvider | undefined): void
  /** As the API's own proxy has it: applications look here for what they flush. */
  getDelegate(): TracerProvider
  forceFlush(): Promise<void>
}

const SILENT_PROVIDER = new ProxyTracerProvider()
const SILENT = SILENT_PROVIDER.getTracer('')

export function createDeferredTracerProvider(): DeferredTracerProvider {
  const host: Host<TracerProvider> = { provider: undefined }
  const tracers = createScopes((...identity) => new DeferredTracer(host, identity))
  return {
    getTracer: tracers.find,
    setDelegate(provider) {
      host.provider = provider
      tracers.forgetAll()
    },
    getDelegate: () => host.provider ?? SILENT_PROVIDER,
    forceFlush: () => flushDelegate(host),
  }
}

class DeferredTracer extends Following<TracerProvider, Tracer> implements Tracer {
  constructor(host: Host<TracerProvider>, identity: Parameters<TracerProvider['getTracer']>) {
    super(host, SILENT, (provider) => provider.getTracer(...identity))
  }

  startSpan(name: string, options?: SpanOptions, context?: Context) {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    return real.startSpan(name, options, context)
  }

  startActiveSpan(...args: unknown[]) {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    return Reflect.apply(real.startActiveSpan, real, args)
  }
}
