/** node:http and node:https, both directions; requests that Node does not tell of early enough go through OpenTelemetry's instrumentation. */
import type { IncomingMessage } from 'node:http'
import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation'
import type { DurationMetrics } from '../../signals/metrics/duration-metrics.ts'
import { type DurationName, type FindSeries, findSeriesIn } from '../durations.ts'
import { type GuardedDefinition, type InstrumentationClass, withGuards } from '../hooks/guard.ts'
import { loadInstrumentation } from '../hooks/load.ts'
import { type OutgoingOptions, startOutgoing, stopOutgoing } from './client.ts'
import { clientDuration } from './client-durations.ts'
import { createOrigins } from './client-origins.ts'
import { tellsOfRequests } from './created-channel.ts'
import { createRequestDurations, SERVER_DURATION } from './durations.ts'
import type { IncomingOptions } from './incoming-options.ts'
import { useKnownMethods } from './request-attributes.ts'
import { startIncoming, stopIncoming } from './server.ts'

/** What the curated defaults set; with anything else the instrumentation of OpenTelemetry does both directions. */
export interface HttpConfig {
  readonly ignoreIncomingRequestHook?: (request: IncomingMessage) => boolean
  readonly onIncomingResponse?: IncomingOptions['onResponse']
  /** Of outgoing requests alone. */
  readonly requestHook?: OutgoingOptions['requestHook']
  readonly responseHook?: OutgoingOptions['responseHook']
  /** Where durations are kept; without it in a histogram of the meter provider. */
  readonly durationMetrics?: DurationMetrics | undefined
  /** @default those of the standards */
  readonly knownMethods?: readonly string[] | undefined
}

/** Those of the instrumentation that this one stands for. */
const SCOPE = { name: '@opentelemetry/instrumentation-http', version: '0.301.0' }
const CLIENT_DURATION = clientDuration('Duration of HTTP client requests.')

export function createHttp(config: HttpConfig): Instrumentation {
  return new HttpInstrumentation(config, tellsOfRequests() ? undefined : createUpstream(config))
}

function createUpstream(config: HttpConfig): Outgoing {
  const { HttpInstrumentation: Upstream } = loadInstrumentation('http') as { HttpInstrumentation: Upstream }
  let definitions: GuardedDefinition | GuardedDefinition[] | undefined
  /** With the same definitions each time they are asked for: they know which modules were seen. */
  class WithOneList extends withGuards(Upstream, 'http') {
    override init(): GuardedDefinition | GuardedDefinition[] | undefined {
      definitions ??= super.init()
      return definitions
    }
  }
  return new WithOneList({ ...config, disableIncomingRequestInstrumentation: true }) as unknown as Outgoing
}

type Upstream = InstrumentationClass<GuardedDefinition>
type Outgoing = InstanceType<Upstream> & { getModuleDefinitions(): unknown[] }

class HttpInstrumentation implements Instrumentation {
  readonly instrumentationName = SCOPE.name
  readonly instrumentationVersion = SCOPE.version
  /** Of a Node that tells too late. */
  readonly #upstream: Outgoing | undefined
  #config: HttpConfig
  #tracers: TracerProvider | undefined
  #meters: MeterProvider | undefined

  constructor(config: HttpConfig, upstream: Outgoing | undefined) {
    this.#upstream = upstream
    this.#config = config
  }

  enable(): void {
    this.#upstream?.enable()
    this.#start()
  }

  disable(): void {
    this.#upstream?.disable()
    stopIncoming()
    stopOutgoing()
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#upstream?.setTracerProvider(provider)
    this.#tracers = provider
    this.#start()
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#upstream?.setMeterProvider(provider)
    this.#meters = provider
    this.#start()
  }

  setConfig(config: InstrumentationConfig): void {
    this.#upstream?.setConfig({ ...config, disableIncomingRequestInstrumentation: true } as InstrumentationConfig)
    this.#config = config as HttpConfig
    this.#start()
  }

  getModuleDefinitions(): unknown[] {
    return this.#upstream?.getModuleDefinitions() ?? []
  }

  getConfig(): InstrumentationConfig {
    return this.#config as InstrumentationConfig
  }

  #start(): void {
    if (!this.#tracers || !this.#meters) return
    const { durationMetrics, knownMethods, requestHook, responseHook } = this.#config
    const tracer = this.#tracers.getTracer(SCOPE.name, SCOPE.version)
    const meters = this.#meters
    const find = (name: DurationName): FindSeries => findSeriesIn(name, SCOPE, durationMetrics, meters)
    useKnownMethods(knownMethods)
    startIncoming({
      tracer,
      durations: createRequestDurations(find(SERVER_DURATION)),
      isIgnored: this.#config.ignoreIncomingRequestHook ?? (() => false),
      onResponse: this.#config.onIncomingResponse,
    })
    if (this.#upstream === undefined)
      startOutgoing({ tracer, origins: createOrigins(find(CLIENT_DURATION)), requestHook, responseHook })
  }
}
