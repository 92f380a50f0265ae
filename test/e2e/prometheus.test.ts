/** Metrics for Prometheus: its text format as before, and OpenMetrics with exemplars for those who ask. */
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'
import { eventually, freePort } from '../support/backends.ts'
import { runSource } from '../support/run-node.ts'

const { UPTRACE_TEST_PROMETHEUS_URL: prometheus, UPTRACE_TEST_PROMETHEUS_TARGETS: targets } = process.env
if (prometheus === undefined)
  console.log('left out: Prometheus is not running (scripts/services.sh start, and its env)')

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

interface Exemplars {
  readonly data?: ReadonlyArray<{
    readonly seriesLabels: Readonly<Record<string, string>>
    readonly exemplars: ReadonlyArray<{ readonly labels: Readonly<Record<string, string>>; readonly value: string }>
  }>
}

test.skipIf(prometheus === undefined)('a real Prometheus keeps exemplars, each with the ids of its span', async () => {
  const [port, sink] = [await freePort(), await startSink()]
  const file = path.join(targets!, `exemplars-${port}.json`)
  writeFileSync(file, JSON.stringify([{ targets: [`127.0.0.1:${port}`], labels: { run: String(port) } }]))
  let stop = (): void => {}
  const ended = runSource(
    'cjs',
    `const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node'), { metrics } = require('@opentelemetry/api')
    configureOpentelemetry({ metricExportIntervalMillis: 60_000 })
    const meter = metrics.getMeter('m'), orders = meter.createCounter('shop.orders'), duration = meter.createHistogram('shop.duration')
    withSpan('slow', () => duration.record(7)); withSpan('ordered', () => orders.add(3))
    process.on('SIGTERM', async () => { await shutdown(); process.exit(0) }); setTimeout(() => {}, 60_000)`,
    {
      env: {
        UPTRACE_BACKEND: `prometheus://127.0.0.1:${port},otlp://127.0.0.1:${sink.port}`,
      },
      onStart: ({ kill }) => {
        stop = () => kill('SIGTERM')
      },
    },
  )
  try {
    const find = async (name: string): Promise<object[]> => {
      const query = new URLSearchParams({
        query: `${name}{run="${port}"}`,
        start: String(Date.now() / 1000 - 60),
        end: String(Date.now() / 1000 + 60),
      })
      const url = `${prometheus}/api/v1/query_exemplars?${query}`
      const read = () => fetch(url).then((response) => response.json() as Promise<Exemplars>)
      const { data } = await eventually(read, (answer) => (answer.data?.length ?? 0) > 0, 15_000)
      return data!.flatMap(({ seriesLabels, exemplars }) =>
        exemplars.map(({ labels, value }) => ({ ...labels, le: seriesLabels['le'], value })),
      )
    }
    const [ordered, slow] = [await find('shop_orders_total'), await find('shop_duration_bucket')]
    stop()
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
    const idsOf = (name: string) => {
      const { traceId, spanId } = sink.items('traces').find((span) => span.name === name)
      return { trace_id: traceId, span_id: spanId }
    }
    expect(ordered).toEqual([{ ...idsOf('ordered'), le: undefined, value: '3' }])
    expect(slow).toEqual([{ ...idsOf('slow'), le: '10', value: '7' }])
  } finally {
    stop()
    rmSync(file)
    await sink.close()
  }
})

test.for(['text/plain', 'application/openmetrics-text;version=1.0.0'])(
  'a scrape before all is known about the process waits for that, and nothing is printed (%s)',
  async (accept) => {
    const port = await freePort()
    const { code, stdout, stderr } = await runSource(
      'cjs',
      `const { configureOpentelemetry, shutdown } = require('uptrace-node')
      const slow = { detect: () => ({ attributes: { zone: new Promise((resolve) => setTimeout(resolve, 300, 'west')) } }) }
      configureOpentelemetry({ backend: 'prometheus://127.0.0.1:${port}', resourceDetectors: [slow] })
      fetch('http://127.0.0.1:${port}/metrics', { headers: { accept: '${accept}' } })
        .then((response) => response.text())
        .then((text) => console.log(/^target_info\\{.*zone="west"/m.test(text)))
        .then(shutdown)`,
    )
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'true\n', stderr: '' })
  },
)
