/** node:http and node:https: incoming requests by code of our own, outgoing ones by OpenTelemetry's instrumentation. */
import type { IncomingMessage } from 'node:http'
import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation'
import type { DurationMetrics } from '../../signals/metrics/duration-metrics.ts'
import { type GuardedDefinition, type InstrumentationClass, withGuards } from '../hooks/guard.ts'
import { loadInstrumentation } from '../hooks/load.ts'
import { createRequestDurations, seriesOfMeter, seriesOfOwn } from './durations.ts'
import type { IncomingOptions } from './incoming-options.ts'
import { useKnownMethods } from './request-attributes.ts'
import { startIncoming, stopIncoming } from './server.ts'

/** What the curated defaults set; with anything else the instrumentation of OpenTelemetry does both directions. */
export interface HttpConfig {
  readonly ignoreIncomingRequestHook?: (request: IncomingMessage) => boolean
  readonly onIncomingResponse?: IncomingOptions['onResponse']
  /** Where durations are kept; without it in a histogram of the meter provider. */
  readonly durationMetrics?: DurationMetrics | undefined
  /** @default those of the standards */
  readonly knownMethods?: readonly string[] | undefined
}

export function createHttp(config: HttpConfig): Instrumentation {
  const { HttpInstrumentation: Upstream } = loadInstrumentation('http') as { HttpInstrumentation: Upstream }
  let definitions: GuardedDefinition | GuardedDefinition[] | undefined
  /** With the same definitions each time they are asked for: they know which modules were seen. */
  class WithOneList extends withGuards(Upstream, 'http') {
    override init(): GuardedDefinition | GuardedDefinition[] | undefined {
      definitions ??= super.init()
      return definitions
    }
  }
  return new HttpInstrumentation(
    new WithOneList({ ...config, disableIncomingRequestInstrumentation: true }) as unknown as Outgoing,
    config,
  )
}

type Upstream = InstrumentationClass<GuardedDefinition>
type Outgoing = InstanceType<Upstream> & { getModuleDefinitions(): unknown[] }

class HttpInstrumentation implements Instrumentation {
  readonly instrumentationName: string
  readonly instrumentationVersion: string
  readonly #outgoing: Outgoing
  #config: HttpConfig
  #tracers: TracerProvider | undefined
  #meters: MeterProvider | undefined

  constructor(outgoing: Outgoing, config: HttpConfig) {
    this.#outgoing = outgoing
    this.instrumentationName = outgoing.instrumentationName
    this.instrumentationVersion = outgoing.instrumentationVersion
    this.#config = config
  }

  enable(): void {
    this.#outgoing.enable()
    this.#start()
  }

  disable(): void {
    this.#outgoing.disable()
    stopIncoming()
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#outgoing.setTracerProvider(provider)
    this.#tracers = provider
    this.#start()
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#outgoing.setMeterProvider(provider)
    this.#meters = provider
    this.#start()
  }

  setConfig(config: InstrumentationConfig): void {
    this.#outgoing.setConfig({ ...config, disableIncomingRequestInstrumentation: true } as InstrumentationConfig)
    this.#config = config as HttpConfig
    this.#start()
  }

  getModuleDefinitions(): unknown[] {
    return this.#outgoing.getModuleDefinitions()
  }

  getConfig(): InstrumentationConfig {
    return this.#outgoing.getConfig()
  }

  #start(): void {
    if (!this.#tracers || !this.#meters) return
    const { instrumentationName: name, instrumentationVersion: version } = this
    const { durationMetrics, knownMethods } = this.#config
    useKnownMethods(knownMethods)
    startIncoming({
      tracer: this.#tracers.getTracer(name, version),
      durations: createRequestDurations(
        durationMetrics
          ? seriesOfOwn(durationMetrics, name, version)
          : seriesOfMeter(this.#meters.getMeter(name, version)),
      ),
      isIgnored: this.#config.ignoreIncomingRequestHook ?? (() => false),
      onResponse: this.#config.onIncomingResponse,
    })
  }
}
