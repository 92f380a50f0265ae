/** Functions taken from node:http before telemetry: their requests are traced by default; with options of OpenTelemetry's instrumentation a line says that they are not. */
import { expect, test } from 'vitest'
import { runSource } from '../../support/run-node.ts'

const program = (options: string): string => `
const { get, createServer } = require('node:http')
const { configureOpentelemetry } = require('uptrace-node')
configureOpentelemetry(${options})
const server = createServer((request, response) => response.end('x')).listen(0, () =>
  get('http://localhost:' + server.address().port, (response) => { response.resume().on('end', () => { server.close(); process.exit() }) }))
`
const OTHERS = { OTEL_METRICS_EXPORTER: 'console', OTEL_LOGS_EXPORTER: 'none', OTEL_METRIC_EXPORT_INTERVAL: '60000' }

test.for<[string, Record<string, string>, boolean]>([
  ['spans are made', { OTEL_TRACES_EXPORTER: 'console' }, true],
  ['no spans are made', { OTEL_TRACES_EXPORTER: 'none' }, false],
  [
    'no spans are made, metrics for Prometheus',
    { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: '0' },
    false,
  ],
  ['nothing travels', { OTEL_TRACES_EXPORTER: 'console', OTEL_PROPAGATORS: 'none' }, false],
])('%s', async ([, env, isSaid]) => {
  const { code, stderr } = await runSource(
    'cjs',
    program('{ instrumentations: { http: { ignoreOutgoingRequestHook: () => false } } }'),
    { env: { ...OTHERS, ...env } },
  )
  expect(code).toBe(0)
  expect(stderr.includes('taken from node:http before telemetry')).toBe(isSaid)
  if (!isSaid) expect(stderr).toBe('')
})

test('without such options the request is traced, and nothing is said', async () => {
  const env = { ...OTHERS, OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'none' }
  const { code, stdout, stderr } = await runSource('cjs', program('{ prettyPrint: true }'), { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^span GET \[client\]/m)
})
