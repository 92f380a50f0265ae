/** The line about functions taken from node:http: only where a request would have been traced. */
import { expect, test } from 'vitest'
import { runSource } from '../../support/run-node.ts'

const PROGRAM = `
const { get, createServer } = require('node:http')
const { configureOpentelemetry } = require('uptrace-node')
configureOpentelemetry()
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
  const { code, stderr } = await runSource('cjs', PROGRAM, { env: { ...OTHERS, ...env } })
  expect(code).toBe(0)
  expect(stderr.includes('taken from node:http before telemetry')).toBe(isSaid)
  if (!isSaid) expect(stderr).toBe('')
})
