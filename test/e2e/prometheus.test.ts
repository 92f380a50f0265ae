/** Metrics for Prometheus: its text format as before, and OpenMetrics with exemplars for those who ask. */
import { expect, test } from 'vitest'
import { freePort } from '../support/backends.ts'
import { runSource } from '../support/run-node.ts'

/** The program asks itself, since it ends when nothing else is to be done. */
const source = (port: number): string => `
  const http = require('node:http')
  const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')
  const { metrics } = require('@opentelemetry/api')
  configureOpentelemetry({ prettyPrint: false, runtimeMetrics: false, dsn: 'http://t@localhost:9', delivery: { exitFlush: false }, logLevel: 'error' })
  const get = (url, accept, agent) => new Promise((resolve, reject) =>
    http.get(url, { headers: { accept }, agent }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], text }))
    }).on('error', reject))
  const meter = metrics.getMeter('m')
  const ids = withSpan('work', (span) => {
    meter.createCounter('shop.orders', { description: 'orders', unit: '{order}' }).add(2, { country: 'NL' })
    meter.createGauge('shop.queue').record(3)
    const duration = meter.createHistogram('shop.duration', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } })
    duration.record(0.05, { kind: 'a "b"' }); duration.record(5, { kind: 'a "b"' })
    return span.spanContext()
  })
  const url = 'http://localhost:${port}/metrics'
  setTimeout(async () => {
    const openMetrics = await get(url, 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2')
    const plain = await get(url, 'text/plain')
    const other = await get(url.replace('metrics', 'other'), '*/*')
    console.log(JSON.stringify({ ids, openMetrics, plain, other }))
    await shutdown({ timeoutMillis: 100 })
  }, 300)`

test('exemplars are at counters and buckets, and both forms have the same values', async () => {
  const port = await freePort()
  const env = { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: String(port) }
  const { code, stdout, stderr } = await runSource('cjs', source(port), { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { ids, openMetrics, plain, other } = JSON.parse(stdout)
  expect(other.status).toBe(404)
  expect(plain).toMatchObject({ status: 200, type: 'text/plain' })
  expect(openMetrics).toMatchObject({ status: 200, type: 'application/openmetrics-text; version=1.0.0; charset=utf-8' })

  const lines: string[] = openMetrics.text.split('\n')
  expect(openMetrics.text.endsWith('# EOF\n')).toBe(true)
  expect(lines).toContain('# HELP shop_orders orders')
  expect(lines).toContain('# TYPE shop_orders counter')
  expect(lines).toContain('# TYPE target info')
  expect(lines.some((line) => line.startsWith('# UNIT'))).toBe(false)
  const named = `# {trace_id="${ids.traceId}",span_id="${ids.spanId}"}`
  const withExemplar = lines.filter((line) => line.includes(' # {'))
  const time = String.raw`\d{10}\.\d{3}$`
  const expected = [
    ['shop_orders_total{country="NL"', '2', '2'],
    ['shop_duration_bucket{kind="a \\"b\\"",otel_scope_name="m",le="0.1"}', '1', '0.05'],
    ['shop_duration_bucket{kind="a \\"b\\"",otel_scope_name="m",le="+Inf"}', '2', '5'],
  ] as const
  for (const [start, value, measured] of expected) {
    const line = withExemplar.find((candidate) => candidate.startsWith(start))
    expect(line).toContain(` ${value} ${named} ${measured} `)
    expect(line).toMatch(new RegExp(time))
  }
  const ofTest = withExemplar.filter((line) => line.startsWith('shop_'))
  expect(ofTest).toHaveLength(expected.length)

  const samplesOf = (text: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('shop_'))
      .map((line) => line.replace(/ # \{.*$/, ''))
  expect(samplesOf(openMetrics.text)).toEqual(samplesOf(plain.text))
  expect(samplesOf(plain.text)).toHaveLength(7)
})
