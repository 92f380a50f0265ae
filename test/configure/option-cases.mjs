/** One or more values for each option: `createOptions` runs in the program under test, the names of the cases in the test. */
const processor = (seen) => ({
  onStart: () => seen.push('onStart'),
  onEnd: () => seen.push('onEnd'),
  onEmit: () => seen.push('onEmit'),
  forceFlush: async () => {},
  shutdown: async () => void seen.push('processor shutdown'),
})
const propagator = (seen) => ({
  inject: (_context, carrier, setter) => setter.set(carrier, 'x-own', '1'),
  extract: (context) => {
    seen.push('extract')
    return context
  },
  fields: () => ['x-own'],
})

export const CASES = {
  dsn: () => ({ dsn: process.env.UPTRACE_TEST_OTHER_DSN, endpoint: undefined }),
  backend: () => ({ backend: 'jaeger' }),
  endpoint: () => ({}),
  headers: () => ({ headers: { 'x-case': 'yes' } }),
  protocol: () => ({ protocol: 'http/json' }),
  compression: () => ({ compression: 'gzip' }),
  timeoutMillis: () => ({ timeoutMillis: 5_000 }),
  tls: () => ({ tls: { rejectUnauthorized: false } }),
  siteUrl: () => ({ siteUrl: 'https://other.example' }),
  disabled: () => ({ disabled: true }),
  serviceName: () => ({ serviceName: 'shop' }),
  serviceVersion: () => ({ serviceVersion: '9' }),
  deploymentEnvironment: () => ({ deploymentEnvironment: 'staging' }),
  environmentFromNodeEnv: () => {
    process.env.NODE_ENV = 'staging'
    return { environmentFromNodeEnv: true }
  },
  resourceAttributes: () => ({ resourceAttributes: { team: 'a' } }),
  resourceDetectors: () => ({ resourceDetectors: [{ detect: () => ({ attributes: { 'own.detector': 'yes' } }) }] }),
  resource: ({ require }) => ({
    resource: require('@opentelemetry/resources').resourceFromAttributes({ 'service.name': 'whole' }),
    serviceName: undefined,
  }),
  tracingEnabled: () => ({ tracingEnabled: false }),
  tracingDisabled: () => ({ tracingDisabled: true }),
  sampler: () => ({ sampler: 'always_off' }),
  traceSampler: ({ seen }) => ({
    traceSampler: { shouldSample: () => seen.push('sampled') && { decision: 2 }, toString: () => 'own' },
  }),
  sampling: () => ({ sampling: [{ name: '*', ratio: 0 }] }),
  keep: () => ({ keep: { ratio: 0 } }),
  spanMetrics: () => ({ spanMetrics: true }),
  samplerArg: () => ({ sampler: 'traceidratio', samplerArg: 0 }),
  spanProcessors: ({ seen }) => ({ spanProcessors: [processor(seen)] }),
  spanLimits: () => ({ spanLimits: { attributeCountLimit: 1, attributeValueLengthLimit: 10 } }),
  idGenerator: () => {
    let next = 1
    return {
      idGenerator: { generateTraceId: () => 'a'.repeat(32), generateSpanId: () => String(next++).padStart(16, 'b') },
    }
  },
  batchSpanProcessor: () => ({ batchSpanProcessor: { maxExportBatchSize: 1 } }),
  prettyPrint: () => ({ prettyPrint: true }),
  tracerProvider: ({ require, seen }) => {
    const { TracerProvider } = require('@opentelemetry/sdk-trace')
    return { tracerProvider: new TracerProvider({ spanProcessors: [processor(seen)] }) }
  },
  textMapPropagator: ({ seen }) => ({ textMapPropagator: propagator(seen) }),
  propagator: ({ seen }) => ({ propagator: propagator(seen) }),
  contextManager: ({ require, seen }) => {
    const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
    class Own extends AsyncLocalStorageContextManager {
      with(...args) {
        seen.push('with')
        return super.with(...args)
      }
    }
    return { contextManager: new Own() }
  },
  baggageKeys: () => ({ baggageKeys: ['user'] }),
  metricsEnabled: () => ({ metricsEnabled: false }),
  metricsDisabled: () => ({ metricsDisabled: true }),
  metricExportIntervalMillis: () => ({ metricExportIntervalMillis: 50 }),
  metricExportTimeoutMillis: () => ({ metricExportTimeoutMillis: 500 }),
  metricReaders: ({ require, seen }) => {
    const { MetricReader } = require('@opentelemetry/sdk-metrics')
    class Own extends MetricReader {
      async onForceFlush() {}
      async onShutdown() {
        seen.push('reader shutdown')
      }
    }
    return { metricReaders: [new Own()] }
  },
  views: () => ({ views: [{ instrumentName: 'h', name: 'renamed' }] }),
  temporalityPreference: () => ({ temporalityPreference: 'cumulative' }),
  histogramAggregation: () => ({ histogramAggregation: 'base2_exponential_bucket_histogram' }),
  runtimeMetrics: () => ({ runtimeMetrics: false }),
  loggingEnabled: () => ({ loggingEnabled: false }),
  loggingDisabled: () => ({ loggingDisabled: true }),
  minLogSeverity: () => ({ minLogSeverity: 'INFO' }),
  logRecordProcessors: ({ seen }) => ({ logRecordProcessors: [processor(seen)] }),
  logRecordLimits: () => ({ logRecordLimits: { attributeValueLengthLimit: 5 } }),
  batchLogRecordProcessor: () => ({ batchLogRecordProcessor: { maxExportBatchSize: 1 } }),
  logs: () => ({ logs: { sending: false, keys: { traceId: 'own_trace' } } }),
  'logs.correlation': () => ({ logs: { correlation: false } }),
  'logs.keys': () => ({ logs: { keys: { parentSpanId: 'parent', spanId: 'own_span' } } }),
  instrumentations: ({ seen }) => ({
    instrumentations: { http: { requestHook: (span) => seen.push('http hook') && span.setAttribute('hooked', true) } },
  }),
  'instrumentations.express': () => ({ instrumentations: { express: { ignoreLayersType: [] } } }),
  'instrumentations.express.hook': ({ seen }) => ({
    instrumentations: { express: { requestHook: () => seen.push('express hook') } },
  }),
  'instrumentations.undici': ({ seen }) => ({
    instrumentations: { undici: { requestHook: () => seen.push('undici hook') } },
  }),
  'instrumentations.off': () => ({ instrumentations: { express: false, undici: false } }),
  'instrumentations.on': () => ({ instrumentations: { fs: {}, router: true } }),
  'instrumentations.add': ({ require, seen }) => {
    const { InstrumentationBase } = require('@opentelemetry/instrumentation')
    class Own extends InstrumentationBase {
      init() {}
      setTracerProvider(provider) {
        super.setTracerProvider(provider)
        seen.push('own instrumentation')
      }
    }
    return { instrumentations: { add: [new Own('own', '1', {})] } }
  },
  redaction: () => ({ redaction: { keys: ['a'] } }),
  ignoreUrls: () => ({ ignoreUrls: ['/secret'] }),
  responseHeaders: () => ({ responseHeaders: ['traceresponse', 'server-timing', 'trace-id'] }),
  sqlComments: () => ({ sqlComments: true }),
  exemplarFilter: () => ({ exemplarFilter: 'always_off' }),
  eventLoopBlocks: () => ({ eventLoopBlocks: { thresholdMillis: 1_000 } }),
  developmentChecks: () => ({ developmentChecks: true }),
  connectionPhases: () => ({ connectionPhases: true }),
  captureUncaught: () => ({ captureUncaught: false }),
  delivery: () => ({
    delivery: { bufferLimitBytes: 1_000_000, exitFlush: false, exitTimeoutMillis: 100, shutdownTimeoutMillis: 4_000 },
  }),
  'delivery.spool': () => ({
    delivery: { spoolDirectory: process.env.UPTRACE_TEST_SPOOL, spoolLimitBytes: 1_000_000, spoolMaxAgeMillis: 1_000 },
  }),
  logLevel: () => ({ logLevel: 'debug' }),
  logger: ({ seen }) => ({
    logLevel: 'debug',
    logger: Object.fromEntries(['error', 'warn', 'info', 'debug'].map((name) => [name, () => seen.push('logger')])),
  }),
}

export const createOptions = (name, tools) => CASES[name](tools)
