/** Global fetch and undici: what the library tells on its channels becomes spans, as OpenTelemetry's instrumentation makes them. */
import diagnosticsChannel from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import type { DurationMetrics } from '../../signals/metrics/duration-metrics.ts'
import { findSeriesIn } from '../durations.ts'
import { clientDuration } from '../http/client-durations.ts'
import { useKnownMethods } from '../http/request-attributes.ts'
import { createOrigins } from './origins.ts'
import { endRequest, noteAnswer, noteConnection, type Request, type RequestOptions, startRequest } from './requests.ts'

export interface UndiciConfig {
  readonly requestHook?: RequestOptions['requestHook']
  readonly responseHook?: RequestOptions['responseHook']
  /** Where durations are kept; without it in a histogram of the meter provider. */
  readonly durationMetrics?: DurationMetrics | undefined
  /** @default those of the standards */
  readonly knownMethods?: readonly string[] | undefined
}

/** Those of the instrumentation that this one stands for. */
const SCOPE = { name: '@opentelemetry/instrumentation-undici', version: '0.34.0' }
const DURATION = clientDuration('Measures the duration of outbound HTTP requests.')

interface Message {
  readonly request: Request
  readonly socket: Socket
  readonly response: { readonly statusCode: number }
  readonly error: unknown
}

export function createUndici(config: UndiciConfig): Instrumentation {
  return new UndiciInstrumentation(config)
}

class UndiciInstrumentation implements Instrumentation {
  readonly instrumentationName = SCOPE.name
  readonly instrumentationVersion = SCOPE.version
  #config: UndiciConfig
  #tracers: TracerProvider | undefined
  #meters: MeterProvider | undefined
  #options: RequestOptions | undefined
  #isOn = false

  constructor(config: UndiciConfig) {
    this.#config = config
    this.enable()
  }

  /** The first request is handed on by whoever loaded this instrumentation because of it. */
  readonly onRequestCreated = (message: unknown): void => this.#onCreate(message as Message)

  readonly #onCreate = ({ request }: Message): void => {
    if (this.#options === undefined || !this.#isOn) return
    try {
      startRequest(this.#options, request)
    } catch (error) {
      log.debug(`a request could not be traced: ${messageOf(error)}`)
    }
  }

  readonly #listeners: Readonly<Record<string, (message: Message) => void>> = {
    'undici:request:create': this.#onCreate,
    'undici:client:sendHeaders': ({ request, socket }) => noteConnection(request, socket),
    'undici:request:headers': ({ request, response }) => noteAnswer(request, response),
    'undici:request:trailers': ({ request }) => endRequest(request),
    'undici:request:error': ({ request, error }) => endRequest(request, error ?? new Error('the request failed')),
  }

  enable(): void {
    if (this.#isOn) return
    this.#isOn = true
    for (const [channel, listener] of Object.entries(this.#listeners))
      diagnosticsChannel.subscribe(channel, listener as (message: unknown) => void)
    this.#start()
  }

  disable(): void {
    this.#isOn = false
    for (const [channel, listener] of Object.entries(this.#listeners))
      diagnosticsChannel.unsubscribe(channel, listener as (message: unknown) => void)
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracers = provider
    this.#start()
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#meters = provider
    this.#start()
  }

  setConfig(config: InstrumentationConfig): void {
    this.#config = config as UndiciConfig
    this.#start()
  }

  getConfig(): InstrumentationConfig {
    return this.#config as InstrumentationConfig
  }

  #start(): void {
    if (!this.#tracers || !this.#meters) return
    const { requestHook, responseHook, durationMetrics, knownMethods } = this.#config
    useKnownMethods(knownMethods)
    this.#options = {
      tracer: this.#tracers.getTracer(SCOPE.name, SCOPE.version),
      origins: createOrigins(findSeriesIn(DURATION, SCOPE, durationMetrics, this.#meters)),
      requestHook,
      responseHook,
    }
  }
}
