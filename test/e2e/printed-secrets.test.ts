/** What this process prints or serves by itself has no planted secret: `prettyPrint`, the exporter `console`, Prometheus. */
import { expect, test } from 'vitest'
import { freePort } from '../support/backends.ts'
import { runSource } from '../support/run-node.ts'

const source = (port: number): string => `
  const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')
  const { metrics, logs } = require('@opentelemetry/api')
  configureOpentelemetry({ delivery: { exitFlush: false }, runtimeMetrics: false, logLevel: 'error' })
  const meter = metrics.getMeter('m')
  meter.createCounter('shop.orders').add(1, { token: 'CANARY-1', country: 'NL' })
  meter.createCounter('shop.orders').add(5, { token: 'CANARY-2', country: 'NL' })
  meter.createHistogram('shop.duration').record(2, { url: 'https://u:CANARY-3@h/?sig=CANARY-4' })
  withSpan('GET https://h/?token=CANARY-5', (span) => {
    span.setAttributes({ 'db.system.name': 'mysql', 'db.query.text': 'SELECT "CANARY-6"', password: 'CANARY-7', plain: 'kept' })
    span.addEvent('e', { secret: 'CANARY-8' }); span.addLink({ context: span.spanContext(), attributes: { cookie: 'CANARY-9' } })
    span.setStatus({ code: 2, message: "near 'CANARY-10'" })
    logs.getLogger('l').emit({ body: { password: 'CANARY-11' }, attributes: { authorization: 'CANARY-12', deep: { token: ['CANARY-13'] } } })
  })
  setTimeout(async () => {
    for (const accept of ['text/plain', 'application/openmetrics-text'])
      console.log(await (await fetch('http://localhost:${port}/metrics', { headers: { accept } })).text())
    await shutdown({ timeoutMillis: 500 })
  }, 300)`

const run = async (env: Record<string, string> = {}): Promise<string> => {
  const port = await freePort()
  const { code, stdout, stderr } = await runSource('cjs', source(port), {
    env: {
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_LOGS_EXPORTER: 'console',
      OTEL_METRICS_EXPORTER: 'console,prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      OTEL_RESOURCE_ATTRIBUTES: 'api_key=CANARY-14',
      ...env,
    },
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

test('no planted secret is printed or served, and series that differ in one stay apart', async () => {
  const printed = await run()
  expect(printed.match(/CANARY-\d+/g) ?? []).toEqual([])
  expect(printed).toContain('plain="kept"')
  expect(printed).toMatch(/shop_orders_total\{[^}]*token="REDACTED"[^}]*\} 1/)
  expect(printed).toMatch(/shop_orders_total\{[^}]*token="REDACTED-2"[^}]*\} 5/)
})

test('redaction: false shows all', async () => {
  const printed = await run({ UPTRACE_REDACTION: 'false' })
  expect(new Set(printed.match(/CANARY-\d+/g)).size).toBe(14)
})
