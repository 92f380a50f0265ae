/** The tracing libraries that are compared: exact packages, how each is started, and where it sends. */

/** One program that is measured: bare Node, or Node under one tracing library. */
export interface Arm {
  readonly title: string
  /** What users would install, with exact versions. */
  readonly packages: readonly string[]
  /** The arm whose install is used, where it is the same. */
  readonly installedAs?: string
  /** npm `overrides` without which the install fails. */
  readonly overrides?: Readonly<Record<string, string>>
  /** Flags for a CommonJS and for an ESM program; `undefined` where the library has no way for it. */
  readonly flags: { readonly cjs?: readonly string[]; readonly mjs?: readonly string[] }
  /** A file beside the program that starts the library. */
  readonly setup?: { readonly name: string; readonly source: string }
  /** A file of this folder that is copied beside the program. */
  readonly copied?: string
  /** Environment that makes the arm send all it records to the sink on this port. */
  env?(port: number): Readonly<Record<string, string>>
  /** How long after a request its spans may still wait in the process, where that is not the half second of the others. */
  readonly drainMillis?: number
  /** What a reader of the tables must know. */
  readonly note?: string
  /** Of ours with another option: `options.ts` measures it beside the defaults. */
  readonly isVariant?: boolean
}

/** The package under test is installed from its own `npm pack` tarball. */
export const OURS = 'uptrace-node'
const API = '@opentelemetry/api@1.10.0'

/** Sampling is 100 % by default; instrumentation of fs, net and dns is off, and batches leave each half second. */
const otlp = (port: number): Record<string, string> => ({
  OTEL_SERVICE_NAME: 'bench',
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_TRACES_SAMPLER: 'parentbased_always_on',
  OTEL_BSP_SCHEDULE_DELAY: '500',
  OTEL_BLRP_SCHEDULE_DELAY: '500',
  // no requests to the metadata services of clouds
  OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'fs,net,dns',
  OTEL_LOG_LEVEL: 'none',
})

const ours = (port: number): Record<string, string> => ({
  ...otlp(port),
  UPTRACE_DSN: `http://token@127.0.0.1:${port}`,
  UPTRACE_EXIT_FLUSH: 'false',
})

const variant = (title: string, options: Readonly<Record<string, string>>): Arm => ({
  title,
  packages: [API],
  installedAs: OURS,
  flags: { cjs: ['-r', 'uptrace-node/register'] },
  env: (port) => ({ ...ours(port), ...options }),
  isVariant: true,
})

const REGISTER = '@opentelemetry/auto-instrumentations-node/register'

const LOGFIRE_PEERS = [
  '@opentelemetry/api@1.9.1',
  '@opentelemetry/auto-instrumentations-node@0.80.0',
  '@opentelemetry/semantic-conventions@1.41.1',
  ...['context-async-hooks', 'core', 'resources', 'sdk-metrics', 'sdk-trace-base'].map(
    (name) => `@opentelemetry/${name}@2.11.0`,
  ),
  ...[
    'api-logs',
    'exporter-logs-otlp-proto',
    'exporter-metrics-otlp-proto',
    'exporter-trace-otlp-proto',
    'instrumentation',
    'sdk-logs',
    'sdk-node',
  ].map((name) => `@opentelemetry/${name}@0.222.0`),
]

export const ARMS: Readonly<Record<string, Arm>> = {
  none: { title: 'bare Node', packages: [], flags: { cjs: [], mjs: [] } },
  floor: {
    title: 'hand-written floor',
    packages: [],
    flags: { cjs: ['-r', './floor.cjs'], mjs: ['--import', './floor.cjs'] },
    copied: 'floor.cjs',
    env: (port) => ({ BENCH_SINK_PORT: String(port) }),
    note: 'AsyncLocalStorage, one server span a request, a ring of spans, OTLP JSON by string concatenation; no metrics, no library spans',
  },
  [OURS]: {
    title: 'uptrace-node (this package)',
    packages: [API],
    flags: { cjs: ['-r', 'uptrace-node/register'], mjs: ['--import', 'uptrace-node/register'] },
    env: ours,
  },
  opentelemetry: {
    title: 'OpenTelemetry (stock)',
    packages: [API, '@opentelemetry/auto-instrumentations-node@0.82.0'],
    flags: { cjs: ['-r', REGISTER], mjs: ['--import', REGISTER] },
    env: otlp,
    note: '`--import` of its register door does not instrument ES modules; that needs an experimental loader which costs about 0.8 s more',
  },
  'opentelemetry-same': {
    title: 'OpenTelemetry, same spans as ours',
    packages: [API, '@opentelemetry/auto-instrumentations-node@0.82.0'],
    installedAs: 'opentelemetry',
    flags: { cjs: ['-r', './same.cjs'] },
    setup: {
      name: 'same.cjs',
      source: `const { NodeSDK } = require('@opentelemetry/sdk-node')
const { getNodeAutoInstrumentations, getResourceDetectors } = require('@opentelemetry/auto-instrumentations-node')
new NodeSDK({
  resourceDetectors: getResourceDetectors(),
  instrumentations: getNodeAutoInstrumentations({
    '@opentelemetry/instrumentation-express': { ignoreLayersType: ['middleware', 'router'] },
    '@opentelemetry/instrumentation-router': { enabled: false },
    '@opentelemetry/instrumentation-connect': { enabled: false },
  }),
}).start()
`,
    },
    env: otlp,
    note: 'the stock packages with the spans of express middleware and of `router` off, as they are by default in uptrace-node',
  },
  'uptrace-old': {
    title: '@uptrace/node',
    drainMillis: 5_300,
    packages: ['@uptrace/node@2.0.2', '@opentelemetry/api@1.9.0'],
    flags: { cjs: ['-r', './setup.cjs'] },
    setup: {
      name: 'setup.cjs',
      source: `require('@uptrace/node').configureOpentelemetry({ dsn: 'http://token@127.0.0.1:' + (process.env.BENCH_SINK_PORT || 9) + '/1', serviceName: 'bench' }).start()`,
    },
    env: (port) => ({ ...otlp(port), BENCH_SINK_PORT: String(port) }),
  },
  edot: {
    title: 'EDOT (Elastic)',
    packages: ['@elastic/opentelemetry-node@1.18.0'],
    flags: { cjs: ['-r', '@elastic/opentelemetry-node'], mjs: ['--import', '@elastic/opentelemetry-node'] },
    env: (port) => ({ ...otlp(port), ELASTIC_OTEL_NODE_DISABLE_HOST_METRICS: 'true' }),
  },
  splunk: {
    title: 'Splunk',
    packages: ['@splunk/otel@4.11.0'],
    overrides: {
      '@opentelemetry/instrumentation-sequelize': '0.15.0',
      '@opentelemetry/sampler-composite': '0.222.0',
      '@splunk/secureapp-agent': '0.1.4',
    },
    flags: { cjs: ['-r', '@splunk/otel/instrument'] },
    env: otlp,
    note: 'installed with three dependencies overridden to versions that the registry has: sizes and times are approximate',
  },
  azure: {
    title: 'Azure Monitor',
    packages: ['@azure/monitor-opentelemetry@1.20.0'],
    flags: {
      cjs: ['-r', './setup.cjs'],
      mjs: ['--import', '@azure/monitor-opentelemetry/loader', '--import', './setup.cjs'],
    },
    setup: {
      name: 'setup.cjs',
      // the path keeps the exporter from turning http to https
      source: `require('@azure/monitor-opentelemetry').useAzureMonitor({ samplingRatio: 1, tracesPerSecond: 0, enableLiveMetrics: false, azureMonitorExporterOptions: { disableOfflineStorage: true, allowInsecureConnection: true, connectionString: 'InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=http://127.0.0.1:' + (process.env.BENCH_SINK_PORT || 9) + '/https://' } })`,
    },
    env: (port) => ({
      ...otlp(port),
      BENCH_SINK_PORT: String(port),
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
      APPLICATIONINSIGHTS_STATSBEAT_DISABLED: 'true',
      APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true',
    }),
    note: 'its own JSON protocol; no instrumentation of web frameworks',
  },
  logfire: {
    title: 'Logfire',
    packages: ['@pydantic/logfire-node@0.18.25', ...LOGFIRE_PEERS],
    flags: { cjs: ['-r', './setup.cjs'] },
    setup: {
      name: 'setup.cjs',
      source: `require('@pydantic/logfire-node').configure({ token: 'token', serviceName: 'bench', console: false, advanced: { baseUrl: 'http://127.0.0.1:' + (process.env.BENCH_SINK_PORT || 9) } })`,
    },
    env: (port) => ({ ...otlp(port), BENCH_SINK_PORT: String(port) }),
    note: 'a plain install of this version fails on its peer ranges: installed with each of its 15 peers pinned',
  },
  datadog: {
    title: 'dd-trace',
    drainMillis: 2_300,
    packages: ['dd-trace@6.21.0'],
    flags: { cjs: ['-r', 'dd-trace/init'], mjs: ['--import', 'dd-trace/initialize.mjs'] },
    env: (port) => ({
      DD_SERVICE: 'bench',
      DD_TRACE_AGENT_URL: `http://127.0.0.1:${port}`,
      DD_TRACE_SAMPLE_RATE: '1',
      DD_TRACE_RATE_LIMIT: '-1',
      DD_TRACE_DISABLED_INSTRUMENTATIONS: 'fs,net,dns',
      DD_TRACE_STARTUP_LOGS: 'false',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    }),
  },
  sentry: {
    title: 'Sentry',
    packages: ['@sentry/node@11.11.0'],
    flags: { cjs: ['--import', './setup.mjs'], mjs: ['--import', './setup.mjs'] },
    setup: {
      name: 'setup.mjs',
      source: `import * as Sentry from '@sentry/node'\nSentry.init({ dsn: 'http://token@127.0.0.1:' + (process.env.BENCH_SINK_PORT || 9) + '/1', tracesSampleRate: 1 })`,
    },
    env: (port) => ({ BENCH_SINK_PORT: String(port) }),
  },
  kept: variant('`keep`: errors, slower than 1 s, 1 % of the rest', {
    UPTRACE_KEEP_ERRORS: 'true',
    UPTRACE_KEEP_SLOWER_THAN: '1000',
    UPTRACE_KEEP_RATIO: '0.01',
  }),
  sampled: variant('`samplerArg: 0.01` at the start of a trace', {
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.01',
  }),
  unmasked: variant('`redaction: false`', { UPTRACE_REDACTION: 'false' }),
  // the guard measures what a span takes on the wire by it
  gzip: variant('gzip, as to another machine', { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }),
}

/** Those of a run that names none: the others take an hour. */
const USUAL = ['none', OURS, 'opentelemetry', 'opentelemetry-same', 'datadog']

/** The arms of a run: the usual ones, those that `ARMS=a,b` names, or all with `ARMS=all`; `none` is always first: every ratio is to it. */
export function chosenArms(): string[] {
  const { ARMS: given } = process.env
  const wanted =
    given === 'all' ? Object.keys(ARMS).filter((name) => !ARMS[name]!.isVariant) : (given?.split(',') ?? USUAL)
  for (const name of wanted)
    if (!ARMS[name]) throw new Error(`no arm "${name}" (expected all, or ${Object.keys(ARMS).join(', ')})`)
  return Object.keys(ARMS).filter((name) => name === 'none' || wanted.includes(name))
}
