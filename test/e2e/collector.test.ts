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
})
