/** What is wrong is told once: not for each signal, not for each span, and not where nothing is wrong. */
import { expect, test } from 'vitest'
import { freePort } from '../support/backends.ts'
import { linesAbout, run } from './program.ts'

const PRELOAD = { options: null, flags: ['--import', 'uptrace-node/register'] }
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: '$URL' }

test.concurrent.for<[name: string, file: string]>([
  ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/no/such/ca.pem'],
  ['OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', '/no/such/client.pem'],
  ['OTEL_EXPORTER_OTLP_CLIENT_KEY', '/no/such/client.key'],
  ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/tmp'],
])('C43 · a file that cannot be read, %s=%s, is told once', async ([name, file]) => {
  const ran = await run(`withSpan('s', () => {})`, { ...PRELOAD, env: { ...ENDPOINT, [name]: file } })
  expect(linesAbout(ran, new RegExp(`${name}.*|.*${file}`))).toHaveLength(1)
})

test.concurrent.for<[name: string, value: string]>([
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/xml'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'brotli'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '-5'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'no-value'],
])('C50 · a wrong value, %s=%s, is told once', async ([name, value]) => {
  const ran = await run(`withSpan('s', () => {})`, { ...PRELOAD, env: { ...ENDPOINT, [name]: value } })
  expect(linesAbout(ran, new RegExp(name))).toHaveLength(1)
  expect(ran.stderrLines).toHaveLength(1)
})

test.concurrent.for<[title: string, flags: string[], body: string, more: Record<string, string>]>([
  ['by --import', ['--import', 'uptrace-node/register'], '', {}],
  ['by -r', ['-r', 'uptrace-node/register'], '', {}],
  ['in code', [], `configureOpentelemetry()`, {}],
  ['with log records as well', ['--import', 'uptrace-node/register'], '', { OTEL_LOGS_EXPORTER: 'otlp' }],
])('C50 · Prometheus without traces, %s: no line', async ([, flags, body, more]) => {
  const port = String(await freePort())
  const env = {
    ...ENDPOINT,
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'prometheus',
    OTEL_EXPORTER_PROMETHEUS_PORT: port,
    ...more,
  }
  const ran = await run(
    `${body}; const http = require('http'); metrics.getMeter('app').createCounter('made').add(7)
setTimeout(() => http.get({ port: ${port}, path: '/metrics', agent: false }, async (answer) => { let text = ''; for await (const part of answer) text += part; console.log(/^made(?:_total)?\\b.* 7/m.test(text)); process.exit() }), 300)`,
    { options: null, flags, env },
  )
  expect(ran).toMatchObject({ stdout: 'true\n', stderr: '' })
})

const SPAN = `const tracer = trace.getTracer('app')`
test.concurrent.for<[title: string, body: string, env: Record<string, string>]>([
  [
    'span.end() again',
    `for (let i = 0; i < 50; i++) { const span = tracer.startSpan('s'); span.end(); span.end() }`,
    {},
  ],
  [
    'span.end() again, in spans of many names',
    `for (let i = 0; i < 50; i++) { const span = tracer.startSpan('s' + i); span.end(); span.end() }`,
    {},
  ],
  [
    'attributes of spans that have ended',
    `for (let i = 0; i < 50; i++) { const span = tracer.startSpan('s'); span.end(); span.setAttribute('a', 1) }`,
    { OTEL_LOG_LEVEL: 'warn' },
  ],
  [
    'names of spans that have ended',
    `for (let i = 0; i < 50; i++) { const span = tracer.startSpan('s'); span.end(); span.updateName('t') }`,
    { OTEL_LOG_LEVEL: 'warn' },
  ],
  [
    'spans that end before they begin',
    `for (let i = 0; i < 50; i++) tracer.startSpan('s', { startTime: 1e12 + i }).end(1e12 - i * 1000)`,
    { OTEL_LOG_LEVEL: 'warn' },
  ],
])('C53 · %s, in a loop: one line at most', async ([, body, env]) => {
  const ran = await run(`${SPAN}; ${body}`, { env, options: 'metricsEnabled: false' })
  expect(ran.stderrLines.length).toBeLessThanOrEqual(1)
})
test.concurrent('C53 · a server that names the trace in what it refuses: one line', async () => {
  const ran = await run(
    `${SPAN}; (async () => { for (let i = 0; i < 5; i++) { tracer.startSpan('s').end(); await forceFlush() } })()`,
    {
      options: 'metricsEnabled: false',
      onSink: (sink) => {
        sink.behaviour = (index) => ({
          partial: 1,
          message: `trace ${'4bf92f3577b34da6'.replaceAll('4', String(index))} is too old`,
        })
      },
    },
  )
  expect(linesAbout(ran, /is too old/)).toHaveLength(1)
})
