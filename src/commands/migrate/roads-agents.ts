/** The agents that people come from: Splunk, Elastic APM, New Relic. */
import { drop, sampleRate } from './option-mapping.ts'
import { ADDRESS, ENABLED, NOT_READ, preloadOf, type Road, SAMPLER_ARG } from './road.ts'

const TOKEN = 'nothing: the token is in the DSN'
const ATTRIBUTES = 'trace.getActiveSpan()?.setAttributes({ … })'
const WITH_SPAN = 'withSpan(name, { attributes }, (span) => { … })'

export const AGENT_ROADS: readonly Road[] = [
  {
    name: '@splunk/otel',
    knownBy: ['@splunk/otel'],
    removes: /^@splunk\/otel$/,
    preload: preloadOf('@splunk/otel/instrument'),
    variables: {
      SPLUNK_ACCESS_TOKEN: TOKEN,
      SPLUNK_REALM: ADDRESS,
      SPLUNK_METRICS_ENABLED: 'nothing: metrics are on (OTEL_METRICS_EXPORTER=none turns them off)',
      SPLUNK_PROFILER_ENABLED: 'nothing: uptrace-node dev --profile profiles while developing',
      SPLUNK_TRACE_RESPONSE_HEADER_ENABLED: 'the option responseTraceHeader, where it is wanted',
    },
    // a function of its own name, in a file that names the package before
    setUp: /(?<=@splunk\/otel['"][\s\S]*)(?:\bsplunk\w*\.|\)\.|(?<![.\w]))start(?=\s*\()/g,
    options: {
      serviceName: 'serviceName',
      endpoint: 'endpoint',
      accessToken: drop('is not read: the token is in the DSN'),
      realm: drop(NOT_READ),
      tracing: drop('its options are options of configureOpentelemetry itself: sampler, spanProcessors, …'),
      metrics: drop('on by default'),
      logging: drop('on by default'),
      profiling: drop('uptrace-node dev --profile profiles while developing'),
    },
    keepsOthers: false,
    calls: [[/(?<=\bsplunk\w*\.)stop\(/i, 'shutdown()']],
  },
  {
    name: 'elastic-apm-node',
    knownBy: ['elastic-apm-node'],
    removes: /^elastic-apm-node$/,
    preload: preloadOf('elastic-apm-node/start(?:-next)?(?:\\.js)?'),
    variables: {
      ELASTIC_APM_SERVICE_NAME: 'OTEL_SERVICE_NAME',
      ELASTIC_APM_SERVICE_VERSION: 'service.version=',
      ELASTIC_APM_ENVIRONMENT: 'deployment.environment.name=',
      ELASTIC_APM_SERVER_URL: ADDRESS,
      ELASTIC_APM_SECRET_TOKEN: TOKEN,
      ELASTIC_APM_API_KEY: TOKEN,
      ELASTIC_APM_TRANSACTION_SAMPLE_RATE: SAMPLER_ARG,
      ELASTIC_APM_ACTIVE: ENABLED,
      ELASTIC_APM_GLOBAL_LABELS: 'OTEL_RESOURCE_ATTRIBUTES',
    },
    setUp: /(?:\brequire\(['"]elastic-apm-node['"]\)|\bapm)\.start(?=\s*\()/g,
    options: {
      serviceName: 'serviceName',
      serviceVersion: 'serviceVersion',
      environment: 'deploymentEnvironment',
      globalLabels: 'resourceAttributes',
      transactionSampleRate: sampleRate,
      active: (value) => ({ entries: [{ key: 'disabled', value: `!(${value})` }] }),
      serverUrl: drop(NOT_READ),
      secretToken: drop('is not read: the token is in the DSN'),
      apiKey: drop('is not read: the token is in the DSN'),
      logLevel: drop('OTEL_LOG_LEVEL'),
      disableInstrumentations: drop('instrumentations: { pg: false } turns one off'),
      captureBody: drop('bodies are never recorded'),
    },
    keepsOthers: false,
    calls: [
      [/\bapm\.captureError\(/, 'reportError(error)'],
      [/\bapm\.start(?:Transaction|Span)\(/, `${WITH_SPAN}, or trace.getTracer(name).startSpan(name)`],
      [/\bapm\.(?:set\w+Context|setLabel|addLabels)\(|\.(?:setLabel|addLabels)\(/, ATTRIBUTES],
      [/\bapm\.current(?:Transaction|Span)\b/, 'trace.getActiveSpan()'],
      [/\bapm\.currentTraceparent\b|\bapm\.currentTraceIds\b/, 'trace.getActiveSpan()?.spanContext()'],
      [/\bapm\.(?:flush|destroy)\(/, 'forceFlush() or shutdown(); at the end of the process neither is needed'],
    ],
  },
  {
    name: 'newrelic',
    knownBy: ['newrelic'],
    removes: /^(?:newrelic|@newrelic\/[\w-]+)$/,
    preload: preloadOf('newrelic(?:/esm-loader\\.mjs)?'),
    variables: {
      NEW_RELIC_APP_NAME: 'OTEL_SERVICE_NAME',
      NEW_RELIC_LICENSE_KEY: TOKEN,
      NEW_RELIC_HOST: ADDRESS,
      NEW_RELIC_ENABLED: ENABLED,
      NEW_RELIC_LABELS: 'OTEL_RESOURCE_ATTRIBUTES (key=value, comma)',
      NEW_RELIC_NO_CONFIG_FILE: 'nothing',
      NEW_RELIC_DISTRIBUTED_TRACING_ENABLED: 'nothing: W3C trace context is on',
    },
    // its options are in newrelic.js, which nothing else reads
    setUp: /(?!)/g,
    options: {},
    keepsOthers: false,
    calls: [
      [/\bnewrelic\.noticeError\(/, 'reportError(error)'],
      [/\bnewrelic\.start(?:Segment|BackgroundTransaction|WebTransaction)\(/, WITH_SPAN],
      [/\bnewrelic\.(?:addCustom\w*Attributes?|setUserID)\(/, ATTRIBUTES],
      [/\bnewrelic\.(?:recordMetric|incrementMetric)\(/, 'metrics.getMeter(name).createCounter(name)'],
      [/\bnewrelic\.recordCustomEvent\(/, 'trace.getActiveSpan()?.addEvent(name, attributes)'],
      [/\bnewrelic\.(?:setTransactionName|setControllerName)\(/, 'trace.getActiveSpan()?.updateName(name)'],
      [/\bnewrelic\.(?:getLinkingMetadata|getTraceMetadata)\(/, 'trace.getActiveSpan()?.spanContext()'],
      [/\bnewrelic\.(?:getTransaction|endTransaction|setIgnoreTransaction)\(/, 'remove it'],
      [/\bnewrelic\.shutdown\(/, 'shutdown(); at the end of the process it is not needed'],
    ],
  },
]
