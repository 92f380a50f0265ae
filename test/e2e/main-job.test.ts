/** The main job, as a user runs it: a few lines, in ESM and CommonJS, against a back end that records what arrives. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const dsn = (): string => `http://sEcReTtOkEn@localhost:${sink.port}?grpc=4317`
const WORK = `
const { trace, metrics, logs } = api
trace.getTracer('app').startActiveSpan('work', (span) => {
  metrics.getMeter('app').createCounter('jobs').add(2)
  logs.getLogger('app').emit({ body: 'at work', severityNumber: 9 })
  span.end()
})
`

describe.for(['mjs', 'cjs'] as const)('%s', (kind) => {
  const imports =
    kind === 'mjs'
      ? `import * as api from '@opentelemetry/api'\nimport { configureOpentelemetry, shutdown } from 'uptrace-node'\n`
      : `const api = require('@opentelemetry/api')\nconst { configureOpentelemetry, shutdown } = require('uptrace-node')\n`

  test('one call delivers three signals, named, with the DSN header', async () => {
    const options = {
      dsn: dsn(),
      serviceName: 'shop',
      serviceVersion: '1.2.3',
      deploymentEnvironment: 'staging',
      resourceAttributes: { team: 'a' },
    }
    const result = await runSource(
      kind,
      `${imports}configureOpentelemetry(${JSON.stringify(options)})${WORK}shutdown()`,
    )
    expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect([...new Set(sink.received.map(({ signal }) => signal))].sort()).toEqual(['logs', 'metrics', 'traces'])
    for (const { headers, request } of sink.received) {
      expect(headers).toMatchObject({
        'uptrace-dsn': dsn(),
        'content-type': 'application/x-protobuf',
      })
      expect(headers['transfer-encoding']).toBeUndefined()
      const [group] = request.resourceSpans ?? request.resourceMetrics ?? request.resourceLogs
      expect(attributesOf(group.resource)).toMatchObject({
        'service.name': 'shop',
        'service.version': '1.2.3',
        'deployment.environment.name': 'staging',
        team: 'a',
        'telemetry.sdk.language': 'nodejs',
        'host.name': expect.any(String),
      })
    }
    const [span] = sink.items('traces')
    const [record] = sink.items('logs')
    expect(record).toMatchObject({ traceId: span.traceId, spanId: span.spanId, body: { stringValue: 'at work' } })
    const jobs = sink.items('metrics').find(({ name }) => name === 'jobs')
    expect(jobs.sum).toMatchObject({ aggregationTemporality: 1, isMonotonic: true })
  })

  test('what was taken from the API before configure works after it', async () => {
    const source = `${imports}
      const tracer = api.trace.getTracer('early'); const counter = api.metrics.getMeter('early').createCounter('early.jobs'); const logger = api.logs.getLogger('early')
      configureOpentelemetry({ dsn: '${dsn()}' })
      tracer.startSpan('early span').end(); counter.add(1); logger.emit({ body: 'early log' })
      shutdown()`
    expect(await runSource(kind, source)).toMatchObject({ code: 0, stderr: '' })
    expect(sink.items('traces').map(({ name }) => name)).toEqual(['early span'])
    expect(sink.items('metrics').map(({ name }) => name)).toContain('early.jobs')
    expect(sink.items('logs').map(({ body }) => body.stringValue)).toEqual(['early log'])
  })

  test.for<[string, string, RegExp]>([
    [
      'no DSN',
      '{}',
      /^uptrace: no DSN \(set the dsn option or UPTRACE_DSN to https:\/\/<token>@host, or OTEL_EXPORTER_OTLP_ENDPOINT\); telemetry is disabled\n$/,
    ],
    [
      'a DSN without a token',
      `{ dsn: 'https://uptrace.dev/1' }`,
      /^uptrace: DSN "https:\/\/uptrace.dev" does not have a token .*; telemetry is disabled\n$/,
    ],
    [
      'a DSN that cannot be parsed',
      `{ dsn: 'https://sEcReTtOkEn@localhost:abc/1' }`,
      /^uptrace: DSN "https:\/\/\*\*\*@localhost:\*\*\*" can't be parsed .*\n$/,
    ],
    [
      'a port where nobody listens',
      `{ dsn: 'http://sEcReTtOkEn@localhost:1' }`,
      /^uptrace: [^\n]+localhost:1[^\n]+\n$/,
    ],
    [
      'a host that does not exist',
      `{ dsn: 'http://sEcReTtOkEn@no-such-host.invalid' }`,
      /^uptrace: [^\n]+no-such-host\.invalid[^\n]+\n$/,
    ],
  ])('%s: the program runs to its end, with one clear line', async ([, options, line]) => {
    const result = await runSource(kind, `${imports}configureOpentelemetry(${options})${WORK}console.log('end')`)
    expect(result).toMatchObject({ code: 0, stdout: 'end\n' })
    expect(result.stderr).toMatch(line)
    expect(result.stderr + result.stdout).not.toContain('sEcReTtOkEn')
    expect(result.millis).toBeLessThan(5000)
  })

  test('a wrong option throws a ConfigError that names it', async () => {
    const source = `${imports}try { configureOpentelemetry({ serviceName: 5 }) } catch (error) { console.log(error.name, error.code, error.option) }`
    expect(await runSource(kind, source)).toMatchObject({
      code: 0,
      stdout: 'ConfigError ERR_OPTION_TYPE serviceName\n',
      stderr: '',
    })
  })

  test('configure twice warns and keeps the first; after shutdown it works again', async () => {
    const source = `${imports}
      const run = async () => {
        const first = configureOpentelemetry({ dsn: '${dsn()}', serviceName: 'one' })
        console.log(configureOpentelemetry({ dsn: '${dsn()}' }) === first)
        api.trace.getTracer('t').startSpan('one').end()
        await Promise.all([shutdown(), first.shutdown()])
        await shutdown()
        configureOpentelemetry({ dsn: '${dsn()}', serviceName: 'two' })
        api.trace.getTracer('t').startSpan('two').end()
        await shutdown()
      }
      run()`
    const result = await runSource(kind, source)
    expect(result).toMatchObject({ code: 0, stdout: 'true\n' })
    expect(result.stderr).toMatch(/^uptrace: configureOpentelemetry was called again; [^\n]+\n$/)
    expect(sink.items('traces').map(({ name }) => name)).toEqual(['one', 'two'])
  })
})

describe('register', () => {
  test.for([['cjs', '-r'] as const, ['mjs', '--import'] as const])(
    'a program that makes no telemetry ends without a request: %s, %s',
    async ([kind, flag]) => {
      const flags = [flag, 'uptrace-node/register']
      // what is known of the process itself is no reason to delay its end, however long it ran
      for (const silent of ['', 'setTimeout(() => {}, 300)', 'setTimeout(() => process.exit(), 300)']) {
        const result = await runSource(kind, silent, { flags, env: { UPTRACE_DSN: dsn() } })
        expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' })
        expect(sink.requests, silent).toEqual([])
      }

      const counting = `${kind === 'mjs' ? `import * as api from '@opentelemetry/api'` : `const api = require('@opentelemetry/api')`}
api.metrics.getMeter('app').createCounter('jobs').add(2)`
      expect(await runSource(kind, counting, { flags, env: { UPTRACE_DSN: dsn() } })).toMatchObject({ stderr: '' })
      expect(sink.items('metrics').map(({ name }) => name)).toContain('jobs')
    },
  )

  const server = (imports: string): string => `${imports}
    const server = createServer((request, response) => response.end('ok')).listen(0, async () => {
      const url = 'http://localhost:' + server.address().port
      await new Promise((resolve) => get(url + '/hello?q=1', (response) => response.resume().on('end', resolve)))
      await (await fetch(url + '/healthz')).text()
      server.close()
    })`

  test.for<[string, 'mjs' | 'cjs', string[], string]>([
    ['--import and ESM', 'mjs', ['--import', 'uptrace-node/register'], `import { createServer, get } from 'node:http'`],
    [
      '--import and CommonJS',
      'cjs',
      ['--import', 'uptrace-node/register'],
      `const { createServer, get } = require('http')`,
    ],
    ['-r and CommonJS', 'cjs', ['-r', 'uptrace-node/register'], `const { createServer, get } = require('node:http')`],
    [
      '-r and ESM',
      'mjs',
      ['-r', 'uptrace-node/register'],
      `import http from 'http'; const { createServer, get } = http`,
    ],
  ])('%s: server and client spans, linked, without one for the health check', async ([, kind, flags, imports]) => {
    const result = await runSource(kind, server(imports), {
      flags,
      env: { UPTRACE_DSN: dsn(), OTEL_SERVICE_NAME: 'web' },
    })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const spans = sink.items('traces')
    const inbound = spans.filter(({ kind }) => kind === 2)
    expect(inbound).toHaveLength(1)
    const outbound = spans.find(({ spanId }) => spanId === inbound[0].parentSpanId)
    expect(outbound).toMatchObject({ kind: 3, traceId: inbound[0].traceId })
    expect(attributesOf(inbound[0])).toMatchObject({
      'http.request.method': 'GET',
      'url.path': '/hello',
      'http.response.status_code': 200,
    })
    expect(spans.filter((span) => JSON.stringify(span).includes('/v1/'))).toEqual([])
  })

  test.for(['UPTRACE_DISABLED', 'OTEL_SDK_DISABLED'])('%s turns it off, silently', async (name) => {
    const result = await runSource(
      'cjs',
      `require('@opentelemetry/api').trace.getTracer('t').startSpan('s').end(); console.log('end')`,
      {
        flags: ['-r', 'uptrace-node/register'],
        env: { UPTRACE_DSN: dsn(), [name]: 'true' },
      },
    )
    expect(result).toMatchObject({ code: 0, stdout: 'end\n', stderr: '' })
    expect(sink.requests).toEqual([])
  })
})

test('ESM imports are hoisted above configure, and still http and express are traced', async () => {
  const source = `
    import { configureOpentelemetry } from 'uptrace-node'
    import express from 'express'
    configureOpentelemetry({ dsn: '${dsn()}' })
    const app = express()
    app.get('/users/:id', (request, response) => response.send('ok'))
    const server = app.listen(0, async () => {
      await (await fetch('http://localhost:' + server.address().port + '/users/7')).text()
      server.close()
    })`
  expect(await runSource('mjs', source)).toMatchObject({ code: 0, stderr: '' })
  const names = sink.items('traces').map(({ name, kind }) => `${name} ${kind}`)
  expect(names).toContain('GET /users/:id 2')
  expect(names.some((name) => name.startsWith('request handler'))).toBe(true)
})

test('several DSNs all receive everything; a dead one does not slow the other', async () => {
  const second = await startSink()
  const source = `
    import { configureOpentelemetry, shutdown, withSpan, traceUrl } from 'uptrace-node'
    configureOpentelemetry({ dsn: ['${dsn()}', 'http://t@localhost:1', 'http://t@localhost:${second.port}'], metricsEnabled: false })
    withSpan('everywhere', (span) => console.log(traceUrl(span)))
    await shutdown({ timeoutMillis: 1500 })`
  const result = await runSource('mjs', source)
  expect(result.code).toBe(0)
  expect(result.stdout).toMatch(
    new RegExp(`^http://localhost:${sink.port}/traces/[0-9a-f]{32}\\?span_id=[0-9a-f]{16}\\n$`),
  )
  expect([sink, second].map((one) => one.items('traces').map(({ name }) => name))).toEqual([
    ['everywhere'],
    ['everywhere'],
  ])
  await second.close()
})

test.for<[string, string, RegExp]>([
  ['cloud', `{ dsn: 'https://t@api.uptrace.dev?grpc=4317' }`, /^https:\/\/app\.uptrace\.dev\/traces\//],
  ['self-hosted', `{ dsn: 'http://t@localhost:14317/1' }`, /^http:\/\/localhost:14318\/traces\//],
  ['IPv6', `{ dsn: 'http://t@[::1]:14318' }`, /^http:\/\/\[::1\]:14318\/traces\//],
  [
    'another site',
    `{ dsn: 'http://t@localhost:14318', siteUrl: 'https://ui.example/' }`,
    /^https:\/\/ui\.example\/traces\//,
  ],
  ['a Collector', `{ endpoint: 'http://localhost:4318' }`, /^$/],
  [
    'a Collector and its Jaeger',
    `{ endpoint: 'http://localhost:4318', siteUrl: 'http://jaeger:16686' }`,
    /^http:\/\/jaeger:16686\/trace\/[0-9a-f]{32}\?uiFind=[0-9a-f]{16}$/,
  ],
  ['disabled', `{ dsn: 'http://t@localhost:14318', disabled: true }`, /^$/],
  ['no DSN', '{}', /^$/],
  ['not configured', '', /^$/],
])('traceUrl: %s; unsampled, invalid and missing spans have none, and do not throw', async ([, options, expected]) => {
  const source = `
    import { trace, INVALID_SPAN_CONTEXT } from '@opentelemetry/api'
    import { configureOpentelemetry, traceUrl } from 'uptrace-node'
    ${options && `configureOpentelemetry({ ...${options}, delivery: { exitFlush: false }, metricsEnabled: false })`}
    const span = trace.getTracer('t').startSpan('s')
    const unsampled = trace.wrapSpanContext({ ...span.spanContext(), traceFlags: 0 })
    const spans = [span, unsampled, trace.wrapSpanContext(INVALID_SPAN_CONTEXT), undefined, {}, null]
    console.log(JSON.stringify(spans.map((span) => traceUrl(span))))
    process.exit()`
  const [first, ...others] = JSON.parse((await runSource('mjs', source)).stdout) as string[]
  expect(first).toMatch(expected)
  expect(others).toEqual(['', '', '', '', ''])
})

test('reportError keeps the attributes it is given, on the active span or on one of its own; reportPanic sets the status and sends at once', async () => {
  const source = `
    import { configureOpentelemetry, reportError, reportPanic, withSpan } from 'uptrace-node'
    configureOpentelemetry({ dsn: '${dsn()}', metricsEnabled: false })
    const attributes = Object.freeze({ 'order.id': 7 })
    withSpan('active', () => reportError(new RangeError('first'), attributes))
    reportError('second', attributes)
    await reportPanic(new Error('third'))
    process.kill(process.pid, 'SIGKILL')`
  await runSource('mjs', source)
  const events = sink.items('traces').map((span) => [span.name, span.status?.code ?? 0, attributesOf(span.events[0])])
  expect(events).toMatchObject([
    [
      'active',
      0,
      {
        'order.id': 7,
        'exception.type': 'RangeError',
        'exception.message': 'first',
        'exception.stacktrace': expect.stringContaining('RangeError: first'),
      },
    ],
    ['__dummy__', 0, { 'order.id': 7, 'exception.message': 'second' }],
    ['__dummy__', 2, { 'exception.message': 'third' }],
  ])
})

test('signals that are off cause no request', async () => {
  const source = `
    import { configureOpentelemetry, shutdown } from 'uptrace-node'
    import * as api from '@opentelemetry/api'
    configureOpentelemetry({ dsn: '${dsn()}', tracingDisabled: true, loggingEnabled: false })${WORK}
    await shutdown()`
  expect(await runSource('mjs', source)).toMatchObject({ code: 0, stderr: '' })
  expect([...new Set(sink.requests.map(({ signal }) => signal))]).toEqual(['metrics'])
})
