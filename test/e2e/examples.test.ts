/** Every example runs with one command, with a back end and without, and sends what it is there to show. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runFile } from '../support/run-node.ts'
import { attributesOf, type Decoded } from '../wire/proto/otlp.ts'

const [SERVER, CLIENT, ERROR] = [2, 3, 2]
const FOLDER = path.join(import.meta.dirname, '../../examples')
const names = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
/** What must arrive: each span as the path from its root, metric names, log bodies; `routes` are the http.route of the servers' spans. */
interface Expected {
  readonly spans: readonly string[]
  readonly routes?: readonly string[]
  readonly metrics?: string[]
  readonly logs?: readonly string[]
}
const EXPECTED: Record<string, Expected> = {
  basic: {
    spans: ['main-operation', 'main-operation > GET /posts/:id', 'main-operation > SELECT'],
    routes: ['/posts/:id'],
  },
  'manual-otel-api': { spans: ['checkout', 'checkout > ship', 'checkout > write receipt', 'nightly report'] },
  metrics: {
    spans: ['take orders'],
    metrics: [
      'process.memory',
      'shop.carts',
      'shop.order.duration',
      'shop.orders',
      'shop.orders.open',
      'shop.queue.length',
      'shop.visits',
    ],
  },
  pino: { spans: ['order 7'], logs: ['order failed', 'outside of a span: no ids', 'stock is checked'] },
  errors: { spans: ['__dummy__', '__dummy__', 'load user', 'read cache'] },
  express: {
    spans: [
      'GET',
      'GET',
      'GET > GET /fails',
      'GET > GET /fails > request handler',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id > request handler',
    ],
    routes: ['/fails', '/posts/:id'],
  },
  koa: {
    spans: [
      'GET',
      'GET',
      'GET > GET /fails',
      'GET > GET /fails > router - /fails',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id > router - /posts/:id',
    ],
    routes: ['/fails', '/posts/:id'],
  },
  hapi: {
    spans: [
      'GET',
      'GET',
      'GET > GET /fails',
      'GET > GET /fails > route - /fails',
      'GET > GET /posts/{id}',
      'GET > GET /posts/{id} > route - /posts/{id}',
    ],
    routes: ['/fails', '/posts/{id}'],
  },
  'fastify-esm': {
    spans: [
      'GET',
      'GET',
      'GET > GET /fails',
      'GET > GET /fails > request',
      'GET > GET /fails > request > handler - fastify -> @fastify/otel',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id > request',
      'GET > GET /posts/:id > request > handler - fastify -> @fastify/otel',
    ],
    routes: ['/fails', '/posts/:id'],
  },
  nestjs: {
    spans: [
      'GET',
      'GET',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id > request handler',
      'GET > GET /posts/:id/comments',
      'GET > GET /posts/:id/comments > request handler',
    ],
    routes: ['/posts/:id', '/posts/:id/comments'],
  },
  grpc: {
    spans: [
      'breakfast',
      'breakfast > grpc.shop.Catalogue/Find',
      'breakfast > grpc.shop.Catalogue/Find',
      'breakfast > grpc.shop.Catalogue/Find > grpc.shop.Catalogue/Find',
      'breakfast > grpc.shop.Catalogue/Find > grpc.shop.Catalogue/Find',
      'breakfast > grpc.shop.Catalogue/List',
      'breakfast > grpc.shop.Catalogue/List > grpc.shop.Catalogue/List',
    ],
  },
  'worker-threads': {
    spans: [
      'resize images',
      'resize images > resize',
      'resize images > resize > encode',
      'resize images > resize > save',
    ],
  },
  'two-services-grpc': {
    spans: [
      'GET',
      'GET > GET',
      'GET > GET > grpc.shop.Catalogue/Find',
      'GET > GET > grpc.shop.Catalogue/Find > grpc.shop.Catalogue/Find',
      'GET > GET > grpc.shop.Catalogue/Find > grpc.shop.Catalogue/Find > SELECT donuts',
    ],
    logs: ['calls the catalogue', 'finds berliner'],
  },
  jaeger: {
    spans: ['main-operation', 'main-operation > GET /posts/:id', 'main-operation > SELECT'],
    routes: ['/posts/:id'],
  },
}

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

test.for(names)('%s', async (name) => {
  const env: Record<string, string> =
    name === 'jaeger'
      ? { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${sink.url}/v1/traces` }
      : { UPTRACE_DSN: `http://t@localhost:${sink.port}` }
  const result = await runFile(path.join(FOLDER, name, 'main.mjs'), { env })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const expected = EXPECTED[name]!
  const sent = sink.items('traces')
  expect(pathsOf(sent)).toEqual(expected.spans)
  expect(routesOf(sent)).toEqual(expected.routes ?? [])
  expect(sink.items('metrics').map((metric) => metric.name)).toEqual(expect.arrayContaining(expected.metrics ?? []))
  expect(
    sink
      .items('logs')
      .map(({ body }) => body.stringValue)
      .sort(),
  ).toEqual(expected.logs ?? [])
  const [, traceId, spanId] = /\/traces?\/([0-9a-f]{32})\?(?:span_id|uiFind)=([0-9a-f]{16})/.exec(result.stdout)!
  expect(sent.some((span) => span.traceId === traceId && span.spanId === spanId)).toBe(true)
})

test.for(names.filter((name) => name !== 'jaeger'))('%s ends well without a back end', async (name) => {
  const result = await runFile(path.join(FOLDER, name, 'main.mjs'))
  expect(result.code).toBe(0)
  for (const line of result.stderr.trim().split('\n'))
    expect(line).toMatch(/^uptrace: no DSN .*; telemetry is disabled$/)
})

test('worker-threads: the spans of the worker come from the worker', async () => {
  await runFile(path.join(FOLDER, 'worker-threads/main.mjs'), {
    env: { UPTRACE_DSN: `http://t@localhost:${sink.port}` },
  })
  expect(servicesOf('resize images')).toEqual(['main-thread'])
  expect(servicesOf('resize')).toEqual(['worker-thread'])
  expect(servicesOf('encode')).toEqual(['worker-thread'])
  expect(servicesOf('save')).toEqual(['main-thread'])
})

test('grpc: the call that fails says so on both sides', async () => {
  await runFile(path.join(FOLDER, 'grpc/main.mjs'), { env: { UPTRACE_DSN: `http://t@localhost:${sink.port}` } })
  const failed = sink.items('traces').filter(({ status }) => status?.code === ERROR)
  expect(failed.map((span) => [span.kind, attributesOf(span)['rpc.grpc.status_code']])).toEqual([
    [SERVER, 5],
    [CLIENT, 5],
  ])
})

test('two-services-grpc: one trace, the username on every span, and the second line names the first one as parent', async () => {
  const result = await runFile(path.join(FOLDER, 'two-services-grpc/main.mjs'), {
    env: { UPTRACE_DSN: `http://t@localhost:${sink.port}` },
  })
  const lines = result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{"level"'))
    .map((line) => JSON.parse(line))
  const [first, second] = ['gateway', 'catalogue'].map((service) => lines.find((line) => line.service === service))
  expect(second).toMatchObject({ trace_id: first.trace_id, parent_span_id: first.span_id })
  const spans = sink.items('traces')
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([first.trace_id]))
  expect(new Set(spans.map((span) => attributesOf(span).username))).toEqual(new Set(['donuts']))
  const services = sink.received
    .filter(({ signal }) => signal === 'traces')
    .map(({ request }) => attributesOf(request.resourceSpans[0].resource)['service.name'])
  expect(new Set(services)).toEqual(new Set(['gateway', 'catalogue']))
})

function pathsOf(spans: readonly Decoded[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const pathOf = (span: Decoded): string => {
    const parent = byId.get(span.parentSpanId)
    return parent ? `${pathOf(parent)} > ${span.name}` : span.name
  }
  return spans.map(pathOf).sort()
}

/** `service.name` of the resources that spans of this name came from. */
function servicesOf(name: string): unknown[] {
  return sink.received
    .filter(({ signal, items }) => signal === 'traces' && items.some((span) => span.name === name))
    .map(({ request }) => attributesOf(request.resourceSpans[0].resource)['service.name'])
}

function routesOf(spans: readonly Decoded[]): unknown[] {
  return spans
    .filter(({ kind }) => kind === SERVER)
    .flatMap((span) => attributesOf(span)['http.route'] ?? [])
    .sort()
}
