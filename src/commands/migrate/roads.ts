/** The SDKs that people come from: what each is known by, and what becomes of its packages, preloads, variables, options and calls. */
import {
  drop,
  exporter,
  instrumentations,
  type OptionMappings,
  processors,
  resource,
  sampleRate,
} from './option-mapping.ts'

export interface Road {
  readonly name: string
  /** A project with one of these packages is on this road. */
  readonly knownBy: readonly string[]
  readonly removes: RegExp
  /** What loads the SDK ahead of the program, in scripts and Dockerfiles. */
  readonly preload: RegExp
  /** Environment variables by their new name; a name that ends in `=` becomes a part of OTEL_RESOURCE_ATTRIBUTES. */
  readonly variables: Readonly<Record<string, string>>
  /** The call that configures it, up to its parenthesis. */
  readonly setUp: RegExp
  readonly options: OptionMappings
  /** Whether options that are not named have the same name here. */
  readonly keepsOthers: boolean
  /** Lines of code, and what to write instead. */
  readonly calls: ReadonlyArray<readonly [RegExp, string]>
}

const NOT_READ = 'is not read: set UPTRACE_DSN'
/** A preload option: `--require x`, `-r x`, `--import=x`. */
const preloadOf = (module: string): RegExp =>
  new RegExp(`(?:--require|--import|-r)[ =](['"]?)${module}\\1(?=[\\s"']|$)`, 'g')

const OPENTELEMETRY_OPTIONS: OptionMappings = {
  resource,
  instrumentations,
  traceExporter: exporter,
  spanProcessor: processors('spanProcessors'),
  spanProcessors: processors('spanProcessors'),
  logRecordProcessor: processors('logRecordProcessors'),
  logRecordProcessors: processors('logRecordProcessors'),
  metricReader: processors('metricReaders'),
  metricReaders: processors('metricReaders'),
  autoDetectResources: drop('OTEL_NODE_RESOURCE_DETECTORS chooses detectors'),
}

const OPENTELEMETRY_PACKAGES =
  /^@opentelemetry\/(sdk-node|auto-instrumentations-node|exporter-(trace|metrics|logs)-otlp-\w+|sdk-(trace|metrics|logs)[\w-]*|resources|context-async-hooks|core|semantic-conventions|instrumentation-[\w.-]+|instrumentation|api-logs|resource-detector-[\w-]+)$/

export const ROADS: readonly Road[] = [
  {
    name: '@uptrace/node',
    knownBy: ['@uptrace/node'],
    removes: /^@uptrace\/(node|core)$/,
    preload: preloadOf('@uptrace/node'),
    variables: {},
    setUp: /\b(?:uptrace\.)?configureOpentelemetry(?=\s*\()/g,
    options: OPENTELEMETRY_OPTIONS,
    keepsOthers: true,
    calls: [
      [/\b(?:sdk|otel|uptrace)\w*\.start\(\)/, 'remove it: configureOpentelemetry starts at once'],
      [/\.reportException\(/, 'reportError(error, attributes), which is an import of uptrace-node'],
      [/\b(?:uptrace|sdk|otel)\.traceUrl\(/, 'traceUrl(span), which is an import of uptrace-node'],
      [/\b(?:uptrace|sdk|otel)\.shutdown\(/, 'shutdown(), which is an import of uptrace-node; it never rejects'],
    ],
  },
  {
    name: 'OpenTelemetry (NodeSDK, auto-instrumentations-node)',
    knownBy: ['@opentelemetry/sdk-node', '@opentelemetry/auto-instrumentations-node'],
    removes: OPENTELEMETRY_PACKAGES,
    preload: preloadOf('@opentelemetry/auto-instrumentations-node/register'),
    variables: {},
    setUp: /\bnew (?:\w+\.)?NodeSDK(?=\s*\()/g,
    options: OPENTELEMETRY_OPTIONS,
    keepsOthers: true,
    calls: [
      [/\bsdk\.start\(\)/, 'remove it: configureOpentelemetry starts at once'],
      [/\bsdk\.shutdown\(/, 'shutdown(), an import of uptrace-node; at the end of the process it is not needed'],
      [
        /\bregisterInstrumentations\(/,
        'remove it, or pass those that are not built in by instrumentations: { add: [ … ] }',
      ],
      [/['"]@opentelemetry\/api-logs['"]/, "import { logs } from '@opentelemetry/api'"],
    ],
  },
  {
    name: 'EDOT (@elastic/opentelemetry-node)',
    knownBy: ['@elastic/opentelemetry-node'],
    removes: /^@elastic\/opentelemetry-node$/,
    preload: preloadOf('@elastic/opentelemetry-node(?:/[\\w./-]+)?'),
    variables: {
      ELASTIC_OTEL_METRICS_ENABLED: 'OTEL_METRICS_EXPORTER (none turns metrics off)',
      ELASTIC_OTEL_HOST_METRICS_DISABLED:
        'nothing: host metrics are off unless OTEL_NODE_ENABLED_INSTRUMENTATIONS names them',
      ELASTIC_OTEL_OPAMP_ENDPOINT: 'nothing: there is no central configuration',
    },
    setUp: /(?!)/g,
    options: {},
    keepsOthers: false,
    calls: [],
  },
  {
    name: '@sentry/node (its tracing)',
    knownBy: ['@sentry/node'],
    removes: /^@sentry\/(node|profiling-node|opentelemetry|node-core)$/,
    preload: preloadOf('@sentry/node/(?:preload|init|import)'),
    variables: {
      SENTRY_DSN: 'UPTRACE_DSN',
      SENTRY_ENVIRONMENT: 'deployment.environment.name=',
      SENTRY_RELEASE: 'service.version=',
      SENTRY_TRACES_SAMPLE_RATE: 'OTEL_TRACES_SAMPLER_ARG (with OTEL_TRACES_SAMPLER=parentbased_traceidratio)',
    },
    setUp: /\bSentry\.init(?=\s*\()/g,
    options: {
      dsn: drop(NOT_READ),
      environment: 'deploymentEnvironment',
      release: 'serviceVersion',
      serverName: drop('host.name is found by itself'),
      enabled: (value) => ({ entries: [{ key: 'disabled', value: `!(${value})` }] }),
      debug: drop('OTEL_LOG_LEVEL=debug'),
      tracesSampleRate: sampleRate,
      tracesSampler: drop('write its rules as sampling: [{ route, ratio }], or pass a Sampler as sampler'),
      integrations: drop('libraries are traced by themselves'),
      tracePropagationTargets: drop('headers go to every host; turn a client off by instrumentations'),
      enableOpenTelemetrySetup: drop('not needed without Sentry'),
      skipOpenTelemetrySetup: drop('not needed without Sentry'),
      sendDefaultPii: drop('see docs/privacy.md for what is masked'),
      ignoreTransactions: drop('write it as ignoreUrls'),
      beforeSend: drop('a span processor in spanProcessors sees each span; redaction masks values'),
      beforeSendTransaction: drop('a span processor in spanProcessors sees each span; redaction masks values'),
    },
    keepsOthers: false,
    calls: [
      [/\bSentry\.captureException\(/, 'reportError(error)'],
      [/\bSentry\.captureMessage\(/, 'trace.getActiveSpan()?.addEvent(text), or a line of your logger'],
      [/\bSentry\.startSpan\(/, 'withSpan(name, { attributes }, (span) => { … })'],
      [/\bSentry\.start(?:InactiveSpan|SpanManual)\(/, 'trace.getTracer(name).startSpan(name)'],
      [/\bSentry\.(?:setTag|setTags|setUser|setContext)\(/, 'trace.getActiveSpan()?.setAttributes({ … })'],
      [/\bSentry\.setup\w+ErrorHandler\(/, 'remove it: errors of requests are recorded by themselves'],
      [/\bSentry\.(?:flush|close)\(/, 'forceFlush() or shutdown(); at the end of the process neither is needed'],
      [/\bSentry\.(?:withScope|withIsolationScope)\(/, 'withSpan(name, (span) => { … })'],
    ],
  },
  {
    name: 'dd-trace',
    knownBy: ['dd-trace'],
    removes: /^(dd-trace|datadog-\w+)$/,
    preload: preloadOf('dd-trace/(?:init|initialize\\.mjs|register\\.js|loader-hook\\.mjs)'),
    variables: {
      DD_SERVICE: 'OTEL_SERVICE_NAME',
      DD_ENV: 'deployment.environment.name=',
      DD_VERSION: 'service.version=',
      DD_TAGS: 'OTEL_RESOURCE_ATTRIBUTES (key=value, comma)',
      DD_TRACE_SAMPLE_RATE: 'OTEL_TRACES_SAMPLER_ARG (with OTEL_TRACES_SAMPLER=parentbased_traceidratio)',
      DD_TRACE_ENABLED: 'OTEL_SDK_DISABLED (the opposite)',
      DD_TRACE_AGENT_URL: 'UPTRACE_DSN, or OTEL_EXPORTER_OTLP_ENDPOINT for a Collector',
      DD_AGENT_HOST: 'UPTRACE_DSN, or OTEL_EXPORTER_OTLP_ENDPOINT for a Collector',
      DD_LOGS_INJECTION: 'nothing: lines of pino, winston and bunyan have ids by default',
      DD_RUNTIME_METRICS_ENABLED: 'UPTRACE_RUNTIME_METRICS (on by default)',
      DD_TRACE_DISABLED_PLUGINS: 'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
    },
    setUp: /(?:\brequire\(['"]dd-trace['"]\)|\b(?:tracer|ddTrace|datadog))\.init(?=\s*\()/g,
    options: {
      service: 'serviceName',
      env: 'deploymentEnvironment',
      version: 'serviceVersion',
      tags: 'resourceAttributes',
      sampleRate,
      runtimeMetrics: 'runtimeMetrics',
      logInjection: drop('on by default'),
      url: drop(NOT_READ),
      hostname: drop(NOT_READ),
      port: drop(NOT_READ),
      plugins: drop('libraries are traced by themselves; instrumentations: { pg: false } turns one off'),
      samplingRules: drop('write them as sampling: [{ route, ratio }]'),
    },
    keepsOthers: false,
    calls: [
      [/\btracer\.trace\(/, 'withSpan(name, { attributes }, (span) => { … })'],
      [/\btracer\.wrap\(/, 'traced(fn, { name })'],
      [/\btracer\.use\(/, 'instrumentations: { name: false } or { name: { … } }, an option of configureOpentelemetry'],
      [/\btracer\.scope\(\)\.active\(\)/, 'trace.getActiveSpan()'],
      [/\btracer\.startSpan\(/, 'trace.getTracer(name).startSpan(name)'],
      [/\btracer\.inject\(|\btracer\.extract\(/, 'propagation.inject / extract of @opentelemetry/api'],
      [/\.setTag\(\s*['"]error['"]/, 'reportError(error)'],
      [/\.setTag\(/, 'setAttribute(key, value)'],
      [/\btracer\.dogstatsd\b/, 'metrics.getMeter(name).createCounter(name) of @opentelemetry/api'],
    ],
  },
]
