/** The quickstart into a real Collector, by each protocol, read back from its file exporter. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Collector, eventually, isBuilt, startCollector } from '../support/backends.ts'
import { runFile, runSource } from '../support/run-node.ts'

const QUICKSTART = path.join(import.meta.dirname, '../../examples/basic/main.mjs')
const spansOf = (collector: Collector) =>
  collector
    .output()
    .flatMap(({ resourceSpans = [] }) =>
      resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: { spans: unknown[] }[] }) =>
        scopeSpans.flatMap(({ spans }) => spans),
      ),
    )

describe.skipIf(!isBuilt('otelcol'))('a real Collector', () => {
  let collector: Collector
  beforeAll(async () => {
    collector = await startCollector()
  })
  afterAll(() => collector?.stop())

  test.for<[string, Record<string, string>]>([
    ['http/protobuf', {}],
    ['http/json', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
    ['grpc', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
  ])('holds the quickstart sent by %s: parent links, status, exception event', async ([protocol, env]) => {
    const port = protocol === 'grpc' ? collector.grpcPort : collector.httpPort
    const result = await runFile(QUICKSTART, {
      env: {
        ...env,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        // a Collector shows no traces: without this there is no address to print
        UPTRACE_SITE_URL: 'http://ui.example',
      },
    })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const traceId = /traces\/([0-9a-f]{32})/.exec(result.stdout)![1]
    const spans = await eventually(
      () => spansOf(collector).filter((span) => span.traceId === traceId),
      ({ length }) => length === 3,
    )
    const byName = Object.fromEntries(spans.map((span) => [span.name, span]))
    const main = byName['main-operation']
    expect(main.parentSpanId ?? '').toBe('')
    expect(byName['GET /posts/:id']).toMatchObject({
      parentSpanId: main.spanId,
      kind: 2,
      status: { code: 2, message: 'post 123 is not there' },
    })
    expect(byName.SELECT).toMatchObject({ parentSpanId: main.spanId, kind: 3 })
    const [event] = byName['GET /posts/:id'].events
    expect(event.name).toBe('exception')
    expect(JSON.stringify(event.attributes)).toMatch(
      /"exception.stacktrace","value":{"stringValue":"Error: post 123 is not there\\n/,
    )
  })

  test.for(['http/protobuf', 'http/json', 'grpc'])('takes metrics and logs by %s', async (protocol) => {
    const port = protocol === 'grpc' ? collector.grpcPort : collector.httpPort
    const name = `by.${protocol.replace('/', '.')}`
    const source = `
      import { logs, metrics } from '@opentelemetry/api'
      import { configureOpentelemetry, shutdown } from 'uptrace-node'
      configureOpentelemetry({ endpoint: 'http://127.0.0.1:${port}', protocol: '${protocol}' })
      metrics.getMeter('m').createHistogram('${name}').record(5)
      logs.getLogger('l').emit({ body: '${name}', severityNumber: 13 })
      await shutdown()`
    expect(await runSource('mjs', source)).toMatchObject({ code: 0, stderr: '' })
    const lines = await eventually(
      () =>
        collector
          .output()
          .map((line) => JSON.stringify(line))
          .filter((line) => line.includes(name)),
      ({ length }) => length >= 2,
    )
    expect(lines.some((line) => line.includes('resourceMetrics') && line.includes('"aggregationTemporality":1'))).toBe(
      true,
    )
    expect(lines.some((line) => line.includes('resourceLogs') && line.includes('"severityNumber":13'))).toBe(true)
  })

  test.for(['http/protobuf', 'http/json', 'grpc'])(
    'holds exemplars sent by %s, of every kind of metric',
    async (protocol) => {
      const port = protocol === 'grpc' ? collector.grpcPort : collector.httpPort
      const prefix = `ex.${protocol.replace('/', '.')}`
      const source = `
      import http from 'node:http'
      import { metrics, trace } from '@opentelemetry/api'
      import { configureOpentelemetry, shutdown } from 'uptrace-node'
      configureOpentelemetry({ endpoint: 'http://127.0.0.1:${port}', protocol: '${protocol}' })
      const server = http.createServer((_, response) => response.end()).listen(0, '127.0.0.1', async () => {
        await trace.getTracer('t').startActiveSpan('work', async (span) => {
          const meter = metrics.getMeter('m')
          meter.createCounter('${prefix}.counter', { valueType: 0 }).add(2)
          meter.createGauge('${prefix}.gauge').record(0.5)
          meter.createHistogram('${prefix}.histogram').record(5)
          await (await fetch('http://127.0.0.1:' + server.address().port)).text()
          span.end()
          console.log(span.spanContext().traceId)
        })
        server.close()
        await shutdown()
      })`
      const { code, stderr, stdout } = await runSource('mjs', source)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const traceId = stdout.trim()
      type Point = { exemplars?: { traceId: string; spanId: string; asInt?: string; asDouble?: number }[] }
      const find = (name: string): Point[] =>
        collector.output().flatMap(({ resourceMetrics = [] }) =>
          resourceMetrics.flatMap(({ scopeMetrics }: { scopeMetrics: { metrics: Record<string, unknown>[] }[] }) =>
            scopeMetrics.flatMap(({ metrics }) =>
              metrics.flatMap((metric) => {
                const { dataPoints } = (metric['sum'] ?? metric['gauge'] ?? metric['histogram']) as {
                  dataPoints: Point[]
                }
                return metric['name'] === name ? dataPoints : []
              }),
            ),
          ),
        )
      const exemplars = async (name: string) => {
        const points = await eventually(
          () => find(name),
          ({ length }) => length > 0,
        )
        return points.flatMap((point) => point.exemplars ?? []).filter((exemplar) => exemplar.traceId === traceId)
      }
      expect(await exemplars(`${prefix}.counter`)).toMatchObject([{ asInt: '2' }])
      expect(await exemplars(`${prefix}.gauge`)).toMatchObject([{ asDouble: 0.5 }])
      expect(await exemplars(`${prefix}.histogram`)).toMatchObject([{ asDouble: 5 }])
      const spans = await eventually(
        () => spansOf(collector).filter((span) => span.traceId === traceId),
        ({ length }) => length === 3,
      )
      for (const [name, kind] of [
        ['http.server.request.duration', 2],
        ['http.client.request.duration', 3],
      ] as const)
        expect(await exemplars(name)).toMatchObject([{ spanId: spans.find((span) => span.kind === kind).spanId }])
    },
  )
})
