/** The table of variables: the page is current, every variable is read, and wrong values behave as the specification asks. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderEnvironment } from '../../scripts/generate-environment.ts'
import { readEnvironment } from '../../src/config/environment.ts'
import { resolveConfig, resolveLog } from '../../src/config/resolve.ts'
import { NOT_APPLICABLE, VARIABLES, type Variable, type VariableName } from '../../src/config/variables.ts'
import { readDeclared } from '../../src/signals/resource/declared.ts'
import { keepLogLines } from '../support/log-lines.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const lines = keepLogLines()

/** What the specification lists, page by page; its pages are not at hand when tests run. */
const SPECIFIED = `
OTEL_SDK_DISABLED OTEL_ENTITIES OTEL_RESOURCE_ATTRIBUTES OTEL_SERVICE_NAME OTEL_LOG_LEVEL OTEL_PROPAGATORS OTEL_TRACES_SAMPLER OTEL_TRACES_SAMPLER_ARG
OTEL_BSP_SCHEDULE_DELAY OTEL_BSP_EXPORT_TIMEOUT OTEL_BSP_MAX_QUEUE_SIZE OTEL_BSP_MAX_EXPORT_BATCH_SIZE
OTEL_BLRP_SCHEDULE_DELAY OTEL_BLRP_EXPORT_TIMEOUT OTEL_BLRP_MAX_QUEUE_SIZE OTEL_BLRP_MAX_EXPORT_BATCH_SIZE
OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT OTEL_ATTRIBUTE_COUNT_LIMIT
OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT OTEL_SPAN_EVENT_COUNT_LIMIT OTEL_SPAN_LINK_COUNT_LIMIT
OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT OTEL_LINK_ATTRIBUTE_COUNT_LIMIT
OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT
OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_INSECURE OTEL_EXPORTER_OTLP_CERTIFICATE OTEL_EXPORTER_OTLP_CLIENT_KEY
OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE OTEL_EXPORTER_OTLP_HEADERS OTEL_EXPORTER_OTLP_COMPRESSION OTEL_EXPORTER_OTLP_TIMEOUT OTEL_EXPORTER_OTLP_PROTOCOL
OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION
OTEL_EXPORTER_ZIPKIN_ENDPOINT OTEL_EXPORTER_ZIPKIN_TIMEOUT OTEL_EXPORTER_ZIPKIN_PROTOCOL OTEL_EXPORTER_PROMETHEUS_HOST OTEL_EXPORTER_PROMETHEUS_PORT
OTEL_TRACES_EXPORTER OTEL_METRICS_EXPORTER OTEL_LOGS_EXPORTER OTEL_METRICS_EXEMPLAR_FILTER OTEL_METRIC_EXPORT_INTERVAL OTEL_METRIC_EXPORT_TIMEOUT
OTEL_CONFIG_FILE OTEL_EXPERIMENTAL_CONFIG_FILE OTEL_SEMCONV_STABILITY_OPT_IN OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS
OTEL_NODE_RESOURCE_DETECTORS OTEL_NODE_ENABLED_INSTRUMENTATIONS OTEL_NODE_DISABLED_INSTRUMENTATIONS
`
  .trim()
  .split(/\s+/)
  .flatMap((name) =>
    /^OTEL_EXPORTER_OTLP_(?!METRICS_)/.test(name)
      ? ['', 'TRACES_', 'METRICS_', 'LOGS_'].map((infix) => name.replace('OTLP_', `OTLP_${infix}`))
      : [name],
  )

test('docs/environment.md is what the script writes', () => {
  expect(readFileSync(path.join(ROOT, 'docs/environment.md'), 'utf8')).toBe(renderEnvironment())
})

test.for(SPECIFIED)('%s is in the table, or has a reason not to be', (name) => {
  expect(name in VARIABLES || name in NOT_APPLICABLE).toBe(true)
  expect(renderEnvironment()).toContain(`| \`${name}\` |`)
})

test('every variable of the table is read when telemetry is configured, or by the part that it is about', () => {
  const read = new Set<string>()
  for (const values of [
    { UPTRACE_DSN: 'http://t@h' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' },
    { UPTRACE_BACKEND: 'zipkin,xray' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_SAMPLER: 'traceidratio' },
  ]) {
    const env = new Proxy<Record<string, string>>(values as never, {
      get: (target, name: string) => {
        read.add(name)
        return target[name]
      },
    })
    resolveConfig({}, env)
    resolveLog({}, env)
    readDeclared(env)
  }
  const elsewhere = ['instrument/defaults.ts', 'signals/metrics/provider.ts']
    .map((file) => readFileSync(path.join(ROOT, 'src', file), 'utf8'))
    .join()
  // OpenTelemetry's own packages read these
  const others = ['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT']
  const unread = Object.keys(VARIABLES).filter(
    (name) => !read.has(name) && !elsewhere.includes(`'${name}'`) && !others.includes(name),
  )
  expect(unread).toEqual([])
})

test('every UPTRACE_ variable of the code is in the table', () => {
  const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => readFileSync(path.join(ROOT, 'src', file), 'utf8').match(/\bUPTRACE_[A-Z_]+\b/g) ?? [])
  const ours = new Set(sources)
  // constants, a define of the build, and how doctor asks its child
  for (const other of [
    'UPTRACE_GRPC_PORT',
    'UPTRACE_HTTP_PORT',
    'UPTRACE_NODE_BUNDLED',
    'UPTRACE_DOCTOR_REPORT',
    'UPTRACE_',
  ])
    ours.delete(other)
  expect([...ours].filter((name) => !(name in VARIABLES))).toEqual([])
})

describe('values by type', () => {
  const rows = Object.entries(VARIABLES) as Array<[VariableName, Variable]>
  const ofType = (...types: Variable['type'][]): VariableName[] =>
    rows.filter(([, { type }]) => types.includes(type)).map(([name]) => name)
  const read = (name: VariableName, value: string): unknown => {
    const env = readEnvironment({ [name]: value })
    const { type } = VARIABLES[name] as Variable
    if (type === 'boolean') return env.flag(name as never)
    if (type === 'enum') return env.oneOf(name as never)
    if (type === 'list') return env.list(name as never)
    return env.number(name as never)
  }
  const usual = (name: VariableName): unknown => {
    const { default: value } = VARIABLES[name] as Variable
    return typeof value === 'string' ? undefined : value
  }

  test.for(ofType('integer', 'millis', 'timeout'))('%s', (name) => {
    const { min = 0, type } = VARIABLES[name] as Variable
    const usable = Math.max(7, min)
    expect(read(name, ` ${usable} `)).toBe(usable)
    expect(read(name, String(min))).toBe(min)
    expect(read(name, '')).toBe(usual(name))
    expect(lines).toEqual([])
    const wrong = ['-1', 'abc', '1.5', '0x10', '1e3', '1_000', '99999999999999999999', 'NaN', ...(min > 0 ? ['0'] : [])]
    if (type === 'timeout') expect(read(name, '0')).toBe(0)
    for (const value of wrong) {
      lines.length = 0
      expect(read(name, value)).toBe(usual(name))
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(`${name}=${value} is not a whole number`)
      if (usual(name) !== undefined) expect(lines[0]).toContain(`(default: ${usual(name)})`)
    }
  })

  test.for(ofType('number'))('%s', (name) => {
    for (const value of ['0', '0.25', '.25', '1.', '+1', '1e-3']) expect(read(name, value)).toBe(Number(value))
    expect(lines).toEqual([])
    for (const value of ['-0.1', 'abc', '0x1', '0b1', '0,5', '50%', 'NaN', 'Infinity', '1e999', '1_0']) {
      lines.length = 0
      expect(read(name, value)).toBe(usual(name))
      expect(lines).toEqual([expect.stringContaining(`${name}=${value} is not a number`)])
    }
  })

  test.for(ofType('boolean'))('%s', (name) => {
    expect([read(name, 'true'), read(name, ' TRUE '), read(name, 'False')]).toEqual([true, true, false])
    expect(lines).toEqual([])
    for (const value of ['1', 'yes', 'on', 't']) {
      lines.length = 0
      expect(read(name, value) ?? false).toBe(usual(name) ?? false)
      expect(lines).toHaveLength(1)
    }
  })

  test.for(ofType('enum'))('%s', (name) => {
    const values = (VARIABLES[name] as Variable).values!
    for (const value of values) expect(read(name, ` ${value.toUpperCase()} `)).toBe(value)
    expect(lines).toEqual([])
    expect(read(name, 'teleport')).toBeUndefined()
    expect(lines).toEqual([
      expect.stringContaining(`${name}=teleport is not one of ${values.join(', ')}; it is ignored`),
    ])
  })

  test.for(ofType('list').filter((name) => (VARIABLES[name] as Variable).values))('%s', (name) => {
    const values = (VARIABLES[name] as Variable).values!
    const some = values.filter((value) => value !== 'none')
    expect(read(name, ` ${some.join(' ,, ').toUpperCase()},${some[0]},`)).toEqual(some)
    expect(lines).toEqual([])
    if (values.includes('none')) {
      expect(read(name, `none,${some[0]},NONE`)).toEqual(['none', some[0]])
      expect(lines.splice(0)).toEqual([`${name} names none beside others, which have no effect then`])
      expect(read(name, 'none,none')).toEqual(['none'])
    }
    expect(read(name, ' , ')).toBeUndefined()
    expect(lines).toEqual([])
    // as if it were not set, so that the default counts
    expect(read(name, 'teleport')).toBeUndefined()
    lines.length = 0
    expect(read(name, `teleport,${values[0]},teleport`)).toEqual([values[0]])
    expect(lines).toEqual([expect.stringContaining(`${name} names teleport`)])
  })

  test('a long value is told, briefly and at once', () => {
    const started = performance.now()
    read('OTEL_TRACES_SAMPLER', 'a.'.repeat(60_000))
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(lines[0]!.length).toBeLessThan(500)
  })
})
