/** Every example runs with one command, with a back end and without, and sends what it is there to show. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { eventually, freePort } from '../support/backends.ts'
import { runFile } from '../support/run-node.ts'
import { pathsOf, routesOf } from '../support/span-paths.ts'
import { POSTGRES_URL, REDIS_URL, storesEnvironment } from '../support/stores.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

const [SERVER, CLIENT, ERROR] = [2, 3, 2]
const FOLDER = path.join(import.meta.dirname, '../../examples')
/** These need servers or an installation of their own, or end otherwise than others: see below and special-examples.test.ts. */
const WITH_SERVERS = ['express-postgres-redis', 'sql-comments', 'mysql2', 'knex', 'amqplib', 'kafkajs', 'mongodb']
const WITH_INSTALLATION = ['nextjs', 'prisma', 'typeorm']
const SPECIAL = ['zipkin', 'genai', 'panic', 'spool', 'custom-sampler', 'viewer-in-tests', 'migration']
/** Run by test/e2e/check.test.ts. */
const TESTS = ['check']
/** These have the address of their back end in the code, and no DSN. */
const WITHOUT_DSN = ['jaeger', 'collector']
const names = readdirSync(FOLDER, { withFileTypes: true })
  .filter(
    (entry) =>
      entry.isDirectory() && ![...WITH_SERVERS, ...WITH_INSTALLATION, ...SPECIAL, ...TESTS].includes(entry.name),
  )
  .map(({ name }) => name)
const mainOf = (name: string): string => path.join(FOLDER, name, name === 'typescript' ? 'main.ts' : 'main.mjs')
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
  exemplars: { spans: new Array<string>(8).fill('checkout'), metrics: ['shop.checkout.duration'] },
  pino: { spans: ['order 7'], logs: ['order failed', 'outside of a span: no ids', 'stock is checked'] },
  errors: { spans: ['__dummy__', '__dummy__', 'load user', 'read cache'] },
  'event-loop': {
    spans: [
      'GET',
      'GET',
      'GET > GET',
      'GET > GET',
      'an order while a report is made',
      'an order while a report is made > GET',
      'an order while a report is made > GET > GET',
    ],
  },
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
    spans: ['GET', 'GET', 'GET > GET /fails', 'GET > GET /posts/:id'],
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
      'Create Nest App',
      'GET',
      'GET',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id > request handler',
      'GET > GET /posts/:id > request handler > PostsController.find',
      'GET > GET /posts/:id > request handler > PostsController.find > find',
      'GET > GET /posts/:id/comments',
      'GET > GET /posts/:id/comments > request handler',
      'GET > GET /posts/:id/comments > request handler > PostsController.comments',
      'GET > GET /posts/:id/comments > request handler > PostsController.comments > comments',
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
  'bundled-esbuild': {
    // the right bundle, then the wrong one: alone, and with the doctor
    spans: [
      'GET',
      'GET',
      'GET',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id > request handler',
    ],
    routes: ['/posts/:id', '/posts/:id', '/posts/:id'],
  },
  'bundled-plugin': {
    // alone, and with the doctor
    spans: [
      'GET',
      'GET',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id',
      'GET > GET /posts/:id > request handler',
      'GET > GET /posts/:id > request handler',
    ],
    routes: ['/posts/:id', '/posts/:id'],
    logs: ['a post is read', 'a post is read'],
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
  backends: {
    spans: ['checkout', 'checkout > charge', 'checkout > receipt', 'reserve'],
    routes: ['/checkout'],
    metrics: ['shop.orders'],
  },
  winston: { spans: ['order 7'], logs: ['order failed', 'outside of a span: no ids', 'stock is checked'] },
  bunyan: { spans: ['order 7'], logs: ['order failed', 'outside of a span: no ids', 'stock is checked'] },
  'log-shipper': { spans: ['order 7'], logs: ['stock is checked', 'stock is low'] },
  typescript: { spans: ['load order'] },
  websocket: { spans: ['connection', 'message', 'message'] },
  lambda: { spans: ['thumbnails', 'thumbnails > resize'] },
  prometheus: { spans: ['GET', 'take orders'] },
  baggage: { spans: ['checkout', 'checkout > GET', 'checkout > GET > GET'] },
  'docker-compose': { spans: ['GET', 'GET > GET', 'GET > GET > work'] },
  tutorial: {
    spans: [
      'find country',
      'find country',
      'find country > GET',
      'find country > GET',
      'find country > GET > GET',
      'find country > GET > GET',
      'find country > parse country',
      'find country > parse country',
    ],
  },
  collector: { spans: ['nightly report', 'nightly report > collect'] },
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
  const env: Record<string, string> = {
    ...(name === 'jaeger' && { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${sink.url}/v1/traces` }),
    ...(name === 'collector' && { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }),
    ...(!WITHOUT_DSN.includes(name) && { UPTRACE_DSN: `http://t@localhost:${sink.port}` }),
    OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()),
  }
  const result = await runFile(mainOf(name), { env })
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

test.for(names.filter((name) => !WITHOUT_DSN.includes(name)))('%s ends well without a back end', async (name) => {
  const env = { OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()) }
  const result = await runFile(mainOf(name), { env })
  expect(result.code).toBe(0)
  // its own page of metrics is a back end of a kind
  const lines = name === 'prometheus' && result.stderr === '' ? [] : result.stderr.trim().split('\n')
  for (const line of lines) expect(line).toMatch(/^uptrace: no DSN .*; telemetry is disabled$/)
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

test('bundled-esbuild: the doctor names what is inside the wrong bundle', async () => {
  const result = await runFile(path.join(FOLDER, 'bundled-esbuild/main.mjs'))
  expect(result.stdout).toMatch(/^FAIL {2}bundle: .*wrong\.mjs was made by a bundler with express, router inside/m)
  expect(result.stdout).not.toContain('right.mjs was made')
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

describe('with PostgreSQL and Redis', () => {
  const env = (): Record<string, string> => ({ UPTRACE_DSN: `http://t@localhost:${sink.port}`, ...storesEnvironment() })
  beforeEach(({ skip }) => {
    if (POSTGRES_URL && REDIS_URL) return
    console.log('skipped: needs PostgreSQL and Redis (scripts/services.sh starts the servers)')
    skip()
  })

  test('express-postgres-redis: a query per customer, one cached query, one that fails', async () => {
    const result = await runFile(path.join(FOLDER, 'express-postgres-redis/main.mjs'), { env: env() })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const under = (route: string): string[] =>
      pathsOf(sink.items('traces')).flatMap((name) => name.split(`GET > GET ${route} > request handler > `)[1] ?? [])
    const isQuery = (name: string): boolean => /^SELECT\b/.test(name)
    expect(under('/n-plus-one').filter(isQuery)).toHaveLength(11)
    expect(under('/joined').map((name) => name.split(' ')[0])).toEqual([
      'SELECT',
      'get',
      'get',
      'pg-pool.connect',
      'setex',
    ])
    expect(under('/fails')).toEqual(['SELECT example_misspelt', 'pg-pool.connect'])
    expect(routesOf(sink.items('traces'))).toEqual(['/fails', '/joined', '/joined', '/n-plus-one'])
    const failed = sink.items('traces').filter(({ status }) => status?.code === ERROR && status.message)
    expect(failed.map(({ status }) => status.message)).toContain('relation "example_misspelt" does not exist')
  })

  test('express-postgres-redis: the customer of the baggage is on spans and log records of the request, with the trace', async () => {
    await runFile(path.join(FOLDER, 'express-postgres-redis/main.mjs'), { env: env() })
    const servers = sink.items('traces').filter(({ kind }) => kind === SERVER)
    const records = sink.items('logs')
    expect(records).toHaveLength(5)
    for (const record of records) {
      expect(attributesOf(record).customer).toBe('ada')
      expect(servers.map(({ traceId }) => traceId)).toContain(record.traceId)
    }
    const traces = new Set(servers.map(({ traceId }) => traceId))
    const inner = sink.items('traces').filter(({ traceId, parentSpanId }) => traces.has(traceId) && parentSpanId)
    expect(new Set(inner.map((span) => attributesOf(span).customer))).toEqual(new Set(['ada']))
  })

  test('express-postgres-redis: load.mjs sends requests to the running shop', async () => {
    const port = String(await freePort())
    let kill = (_signal: NodeJS.Signals): void => {}
    let output = (): string => ''
    const shop = runFile(path.join(FOLDER, 'express-postgres-redis/main.mjs'), {
      env: { ...env(), PORT: port },
      onStart: (child) => {
        kill = (signal) => child.kill(signal)
        output = () => child.stdout
      },
    })
    await eventually(output, (text) => text.includes('npm run load'))
    const load = await runFile(path.join(FOLDER, 'express-postgres-redis/load.mjs'), {
      env: { PORT: port, REQUESTS: '7' },
    })
    kill('SIGTERM')
    await shop
    expect(load).toMatchObject({ code: 0, stdout: "7 requests, answers by status: { '200': 6, '500': 1 }\n" })
    expect(sink.items('traces').filter(({ kind }) => kind === SERVER)).toHaveLength(7)
  })

  test('sql-comments: the server saw the trace of the span that sent the statement', async () => {
    const result = await runFile(path.join(FOLDER, 'sql-comments/main.mjs'), { env: env() })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const query = sink.items('traces').find(({ name }) => /^SELECT\b/.test(name))
    expect(pathsOf(sink.items('traces'))).toContain(`slow report > ${query.name}`)
    expect(result.stdout).toContain(`traceparent='00-${query.traceId}-${query.spanId}-03'`)
    expect(result.stdout).toContain(`the span that sent it: ${query.spanId}`)
  })
})

test.for(WITH_SERVERS)('%s says in one line what it needs', async (name) => {
  const closed = String(await freePort())
  const env = {
    UPTRACE_DSN: `http://t@localhost:${sink.port}`,
    PGPORT: closed,
    REDIS_URL: `redis://127.0.0.1:${closed}`,
    MYSQL_URL: `mysql://root@127.0.0.1:${closed}/test`,
    AMQP_URL: `amqp://127.0.0.1:${closed}`,
    KAFKA_BROKER: `127.0.0.1:${closed}`,
    MONGODB_URL: `mongodb://127.0.0.1:${closed}/test`,
  }
  // of kafkajs, on Node 24
  const flags = ['--disable-warning=TimeoutNegativeWarning']
  const result = await runFile(path.join(FOLDER, name, 'main.mjs'), { env, flags })
  expect(result.code).toBe(1)
  expect(result.stderr).toMatch(/^(?:PostgreSQL|MySQL|RabbitMQ|Kafka|MongoDB).*scripts\/services\.sh start.*\n$/)
})

test('nextjs: the span of a request has the route, the page is rendered below it, an error is recorded', async ({
  skip,
}) => {
  if (!existsSync(path.join(FOLDER, 'nextjs/node_modules/next'))) {
    console.log('skipped: nextjs is not installed (npm install --prefix examples/nextjs)')
    skip()
  }
  const env = { UPTRACE_DSN: `http://t@localhost:${sink.port}` }
  const result = await runFile(path.join(FOLDER, 'nextjs/main.mjs'), { env, timeoutMillis: 300_000 })
  expect(result.code).toBe(0)
  const spans = sink.items('traces')
  const servers = spans.filter(({ kind }) => kind === SERVER)
  expect(servers.map(({ name }) => name).sort()).toEqual(['GET /fails', 'GET /posts/[id]'])
  expect(routesOf(spans)).toEqual(['/fails', '/posts/[id]'])
  // Next has a span of the request of its own below that of the server, where that one began before Next did
  const paths = pathsOf(spans).map((name) => name.replace(/^(GET \/[^ ]+) > \1 > /, '$1 > '))
  expect(paths).toContain('GET /posts/[id] > render route (app) /posts/[id] > build component tree')
  expect(result.stdout).toContain(`/traces/${servers.find(({ name }) => name === 'GET /posts/[id]').traceId}?span_id=`)
  const failed = servers.find(({ name }) => name === 'GET /fails')
  expect(failed.status.code).toBe(ERROR)
  const told = spans.filter(({ traceId }) => traceId === failed.traceId).flatMap(({ events = [] }) => events)
  // Next tells of it on spans of its own as well
  expect(new Set(told.map((event) => attributesOf(event)['exception.message']))).toEqual(
    new Set(['this route always fails']),
  )
}, 330_000)

/** `service.name` of the resources that spans of this name came from. */
/** A request may have spans of several resources. */
function servicesOf(name: string): unknown[] {
  return sink.received
    .filter(({ signal }) => signal === 'traces')
    .flatMap(({ request }) => request.resourceSpans as ResourceSpans[])
    .filter(({ scopeSpans }) => scopeSpans.some(({ spans }) => spans.some((span) => span.name === name)))
    .map(({ resource }) => attributesOf(resource)['service.name'])
}

interface ResourceSpans {
  readonly resource: Parameters<typeof attributesOf>[0]
  readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<{ readonly name: string }> }>
}
