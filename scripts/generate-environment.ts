/** Writes docs/environment.md from the table of variables that the code reads. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { NOT_APPLICABLE, VARIABLES, type Variable } from '../src/config/variables.ts'

const FILE = path.join(import.meta.dirname, '../docs/environment.md')
const SPECIFICATION = 'https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/'
/** Heading -> the variables below it, the first match counts. */
const GROUPS: ReadonlyArray<readonly [string, RegExp]> = [
  ['Uptrace', /^UPTRACE_/],
  ['Declarative configuration', /CONFIG_FILE$/],
  ['Batches of spans', /^OTEL_BSP_/],
  ['Batches of log records', /^OTEL_BLRP_/],
  ['Limits', /_LIMIT$/],
  ['OTLP exporter', /^OTEL_EXPORTER_OTLP_/],
  ['Zipkin exporter', /^OTEL_EXPORTER_ZIPKIN_/],
  ['Prometheus exporter', /^OTEL_EXPORTER_PROMETHEUS_/],
  ['AWS X-Ray', /^AWS_/],
  ['Choice of exporters', /_EXPORTER$/],
  ['Metrics', /^OTEL_METRICS?_/],
  ['Instrumentation and resource of Node.js', /^OTEL_(NODE|INSTRUMENTATION)_/],
  ['General', /^OTEL_/],
]

export function renderEnvironment(): string {
  const left = new Map<string, Variable>(Object.entries(VARIABLES))
  const sections = GROUPS.map(([heading, pattern]) => {
    const rows = [...left].filter(([name]) => pattern.test(name))
    for (const [name] of rows) left.delete(name)
    return `## ${heading}\n\n| variable | type | default | what it sets |\n|---|---|---|---|\n${rows.map(renderRow).join('\n')}\n`
  })
  // the general ones are what most readers look for
  const ordered = [sections.at(-1), ...sections.slice(0, -1)]
  return `${INTRODUCTION}\n${ordered.join('\n')}\n${renderUseless()}\n${PLATFORM}\n${DECLARATIVE}`
}

function renderRow([name, row]: [string, Variable]): string {
  return `| \`${name}\` | ${typeOf(row)} | ${defaultOf(row)} | ${row.sets} |`
}

function typeOf({ type, values, min, max }: Variable): string {
  if (values) return `${type === 'list' ? 'list of ' : ''}${values.map((value) => `\`${value}\``).join(', ')}`
  const range =
    max !== undefined && max < Number.MAX_SAFE_INTEGER ? `, ${min ?? 0} to ${max}` : min ? `, at least ${min}` : ''
  return `${NAMES[type]}${range}`
}

function defaultOf({ default: value }: Variable): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : `\`${value}\``
}

function renderUseless(): string {
  const rows = Object.entries(NOT_APPLICABLE).map(([name, reason]) => `| \`${name}\` | ${reason} |`)
  return `## Not applicable\n\nSetting one of these has no effect; one line says so.\n\n| variable | why, and what to do |\n|---|---|\n${rows.join('\n')}\n`
}

const NAMES: Record<Variable['type'], string> = {
  text: 'text',
  boolean: 'boolean',
  enum: 'one of',
  list: 'list',
  pairs: '`key=value` list',
  integer: 'whole number',
  millis: 'milliseconds',
  timeout: 'milliseconds, 0 is no limit',
  number: 'number',
  url: 'URL',
  file: 'file',
}

const INTRODUCTION = `<!-- Written by scripts/generate-environment.ts from src/config/variables.ts: do not edit. -->
# Environment variables

Every variable of the [OpenTelemetry specification](${SPECIFICATION}) and of this package. An option in code wins over a variable; what an
option means is in the [configuration reference](configuration.md). Rules of the specification:

- An empty variable counts as unset. White space round a value does not count.
- Booleans are \`true\` or \`false\` in any case; any other value is told in one line, and the default counts.
- Numbers are whole where nothing else is said. One that cannot be read, is negative or is too large is told, with the default that is used.
- Names from a set are read in any case; an unknown one is told and left out. \`none\` beside others wins, with one line.
- Lists are separated by commas. Keys and values of \`key=value\` lists are percent-decoded; a wrong pair is told, without its value, and left out.
`

const PLATFORM = `## Read from the platform

| for | variables |
|---|---|
| \`deployment.environment.name\`, where \`environmentFromNodeEnv\` asks for it | \`NODE_ENV\` |
| proxies | \`HTTPS_PROXY\`, \`HTTP_PROXY\`, \`NO_PROXY\` |
| Kubernetes, filled by the [downward API](https://kubernetes.io/docs/concepts/workloads/pods/downward-api/) | \`K8S_POD_NAME\` or \`POD_NAME\`, \`K8S_POD_UID\` or \`POD_UID\`, \`K8S_NAMESPACE_NAME\` or \`POD_NAMESPACE\`, \`K8S_NODE_NAME\` or \`NODE_NAME\`, \`K8S_CONTAINER_NAME\` or \`CONTAINER_NAME\`, \`K8S_DEPLOYMENT_NAME\`, \`K8S_CLUSTER_NAME\` |
| AWS | \`AWS_LAMBDA_FUNCTION_NAME\` and its kin, \`ECS_CONTAINER_METADATA_URI_V4\` (it is not called), \`AWS_REGION\` |
| Google Cloud | \`K_SERVICE\`, \`K_REVISION\`, \`CLOUD_RUN_JOB\`, \`GAE_SERVICE\`, \`FUNCTION_TARGET\`, \`GOOGLE_CLOUD_PROJECT\` |
| Azure | \`WEBSITE_SITE_NAME\`, \`FUNCTIONS_EXTENSION_VERSION\`, \`CONTAINER_APP_NAME\`, \`REGION_NAME\` |
| the commit, \`vcs.ref.head.revision\` | \`GITHUB_SHA\`, \`CI_COMMIT_SHA\`, \`GIT_COMMIT\`, \`BITBUCKET_COMMIT\`, \`CIRCLE_SHA1\`, \`BUILD_SOURCEVERSION\`, \`VERCEL_GIT_COMMIT_SHA\`, \`RENDER_GIT_COMMIT\`, \`HEROKU_SLUG_COMMIT\` and others |
| the script that pm2 runs | \`pm_exec_path\` |
`

const DECLARATIVE = `## The file of OTEL_CONFIG_FILE

A [declarative configuration](https://opentelemetry.io/docs/specs/otel/configuration/) of format 1.0, with \`\${VARIABLE:-default}\` in values. Options in code
win over it; no other variable of this page counts beside it. A file that is missing or wrong, or that names a component which is not available here,
turns telemetry off with one line: nothing is configured by half.

\`\`\`yaml
file_format: "1.0"
resource:
  attributes: [{ name: service.name, value: shop }]
  detection/development: { detectors: [{ host: }, { process: }, { service: }, { container: }] }
propagator: { composite: [{ tracecontext: }, { baggage: }] }
tracer_provider:
  processors: [{ batch: { exporter: { otlp_http: { endpoint: "http://collector:4318/v1/traces" } } } }]
  sampler: { parent_based: { root: { trace_id_ratio_based: { ratio: 0.1 } } } }
meter_provider:
  readers: [{ periodic: { interval: 15000, exporter: { otlp_http: { temporality_preference: delta } } } }]
logger_provider:
  processors: [{ batch: { exporter: { console: } } }]
instrumentation/development:
  js: { fs: { enabled: true }, pg: { enhancedDatabaseReporting: true } }
uptrace: # options of this package, in this spelling
  dsn: \${UPTRACE_DSN}
  spool_directory: /var/spool/app
\`\`\`

- \`uptrace\`, or \`distribution.uptrace\`, takes every option of the [configuration reference](configuration.md) that is a text, a number, a flag or a list. With a \`dsn\` all three signals go there,
  and to the exporters of the file as well.
- A provider that is left out turns its signal off. Left out settings have the defaults of the schema, except the sizes of queues and batches, which
  are those of this page.
- Available: exporters \`otlp_http\`, \`otlp_grpc\`, \`console\`, \`zipkin\`, \`prometheus/development\`; samplers \`always_on\`, \`always_off\`, \`trace_id_ratio_based\`,
  \`parent_based\`, \`probability/development\`; views; limits; the least severity of log records.
- Told, and without effect: cardinality limits, producers, configurators of single tracers, meters and loggers, batch settings of a second processor.
`

if (import.meta.main) writeFileSync(FILE, renderEnvironment())
