/** Examples that need a server of their own kind, or do not end as others do. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { eventually } from '../support/backends.ts'
import { runFile } from '../support/run-node.ts'
import { isListening, pathsOf } from '../support/span-paths.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

const FOLDER = path.join(import.meta.dirname, '../../examples')
const ERROR = 2
let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const dsn = (): string => `http://t@localhost:${sink.port}`
const urlOf = (stdout: string) => /\/traces\/([0-9a-f]{32})\?span_id=([0-9a-f]{16})/.exec(stdout)!
const servers = {
  mysql: new URL(process.env.UPTRACE_TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:23306/test'),
  postgres: new URL(process.env.UPTRACE_TEST_POSTGRES_URL ?? 'postgres://test@127.0.0.1:25432/postgres'),
  amqp: new URL(process.env.UPTRACE_TEST_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:25672'),
}
const {
  UPTRACE_TEST_KAFKA_BROKER: kafka,
  UPTRACE_TEST_MONGODB_URL: mongodb,
  UPTRACE_TEST_ZIPKIN_URL: zipkin,
} = process.env

/** Not everywhere can these be had: .ci/may-be-skipped.txt names their tests. */
function isThere(what: string, found: unknown, how: string): boolean {
  if (!found) console.log(`left out: ${what} (${how})`)
  return Boolean(found)
}

test.for([
  [
    'mysql2',
    'mysql',
    [
      'SELECT',
      'monthly report',
      'monthly report > SELECT',
      'monthly report > SELECT',
      'monthly report > SELECT example_misspelt',
    ],
  ],
  [
    'knex',
    'postgres',
    [
      'list tables',
      'list tables > SELECT pg_catalog.pg_tables',
      'list tables > SELECT pg_catalog.pg_tables > SELECT pg_catalog.pg_tables',
      'SELECT',
      'SELECT > SELECT',
    ],
  ],
  [
    'amqplib',
    'amqp',
    [
      'checkout',
      'checkout > publish <default>',
      'checkout > publish <default> > <queue> process',
      'checkout > publish <default> > <queue> process > send receipt',
    ],
  ],
] as const)('%s', async ([name, server, expected], { skip }) => {
  if (!(await isListening(servers[server]))) {
    console.log(`skipped: needs ${server} (scripts/services.sh starts the servers)`)
    skip()
  }
  const { hostname, port, username } = servers.postgres
  const env = {
    UPTRACE_DSN: dsn(),
    MYSQL_URL: servers.mysql.href,
    AMQP_URL: servers.amqp.href,
    ...{ PGHOST: hostname, PGPORT: port, PGUSER: username, PGDATABASE: 'postgres' },
  }
  const result = await runFile(path.join(FOLDER, name, 'main.mjs'), { env })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const paths = pathsOf(sink.items('traces')).map((text) => text.replace(/amq\.gen-[\w-]+/g, '<queue>'))
  expect(paths).toEqual(expect.arrayContaining([...expected]))
  expect(sink.items('traces').some(({ traceId }) => traceId === urlOf(result.stdout)[1])).toBe(true)
})

test('kafkajs: the consumer is in the trace of the producer', async ({ skip }) => {
  if (!isThere('Kafka is not running', kafka, 'scripts/services.sh install all, start')) skip()
  const result = await runFile(path.join(FOLDER, 'kafkajs/main.mjs'), {
    env: { UPTRACE_DSN: dsn(), KAFKA_BROKER: kafka! },
    flags: ['--disable-warning=TimeoutNegativeWarning'],
  })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  expect(pathsOf(sink.items('traces')).map((text) => text.replace(/-\d+/g, ''))).toEqual([
    'checkout',
    'checkout > send receipts',
    'checkout > send receipts > process receipts',
    'checkout > send receipts > process receipts > send receipt',
  ])
  expect(sink.items('traces').some(({ traceId }) => traceId === urlOf(result.stdout)[1])).toBe(true)
})

test('mongodb: a span for each command, the one that fails too', async ({ skip }) => {
  if (!isThere('FerretDB is not running', mongodb, 'scripts/services.sh install all, start')) skip()
  const env = { UPTRACE_DSN: dsn(), MONGODB_URL: mongodb! }
  const result = await runFile(path.join(FOLDER, 'mongodb/main.mjs'), { env })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const [, traceId] = urlOf(result.stdout)
  const spans = sink.items('traces').filter((span) => span.traceId === traceId)
  expect(pathsOf(spans).map((text) => text.replace(/-\d+/g, ''))).toEqual([
    'checkout',
    'checkout > drop $cmd',
    'checkout > find orders',
    'checkout > find orders',
    'checkout > insert orders',
  ])
  expect(spans.filter(({ status }) => status?.code === ERROR)).toHaveLength(1)
})

test.for([
  [
    'prisma',
    [
      'checkout > prisma:client:operation > prisma:client:db_query > INSERT public.ExampleOrder',
      'checkout > prisma:client:operation > prisma:client:db_query > SELECT',
    ],
  ],
  ['typeorm', ['checkout > INSERT example_orders', 'checkout > SELECT example_orders']],
] as const)(
  '%s: what the ORM does, down to the queries of its driver',
  { timeout: 90_000 },
  async ([name, expected], { skip }) => {
    const isInstalled = existsSync(path.join(FOLDER, name, 'node_modules', name))
    if (!isThere(`${name} is not installed`, isInstalled, `npm install --prefix examples/${name}`)) skip()
    if (!(await isListening(servers.postgres))) {
      console.log('skipped: needs postgres (scripts/services.sh starts the servers)')
      skip()
    }
    const { hostname, port, username } = servers.postgres
    const env = { UPTRACE_DSN: dsn(), PGHOST: hostname, PGPORT: port, PGUSER: username, PGDATABASE: 'postgres' }
    const result = await runFile(path.join(FOLDER, name, 'main.mjs'), { env, timeoutMillis: 80_000 })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const paths = pathsOf(sink.items('traces')).map((text) => text.replace(/_\d+/g, ''))
    expect(paths).toEqual(expect.arrayContaining([...expected]))
    expect(sink.items('traces').some(({ traceId }) => traceId === urlOf(result.stdout)[1])).toBe(true)
  },
)

test('zipkin: the trace is where its address says', async ({ skip }) => {
  if (!isThere('Zipkin is not running', zipkin, 'scripts/services.sh start, and its env')) skip()
  const env = { OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${zipkin}/api/v2/spans` }
  const result = await runFile(path.join(FOLDER, 'zipkin/main.mjs'), { env })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  expect(result.stdout).toContain('{ delivered: 2, dropped: 0 }')
  const [url, traceId] = /^http.*\/zipkin\/traces\/([0-9a-f]{32})$/m.exec(result.stdout)!
  expect(url.startsWith(zipkin!)).toBe(true)
  const spans = await eventually(
    async () => (await fetch(`${zipkin}/api/v2/trace/${traceId}`)).json() as Promise<Array<{ name: string }>>,
    (found) => found.length === 2,
  )
  expect(spans.map(({ name }) => name).sort()).toEqual(['get /posts/:id', 'main-operation'])
})

test('genai: calls of the model and the tool, with tokens and without what was said', async () => {
  const result = await runFile(path.join(FOLDER, 'genai/main.mjs'), { env: { UPTRACE_DSN: dsn() } })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const chats = sink.items('traces').filter(({ name }) => name === 'chat gpt-5-mini')
  expect(chats.map((span) => attributesOf(span)['gen_ai.usage.input_tokens'])).toEqual([20, 20])
  expect(pathsOf(sink.items('traces')).filter((text) => !text.includes('POST'))).toEqual([
    'answer question',
    'answer question > chat gpt-5-mini',
    'answer question > chat gpt-5-mini',
    'answer question > execute_tool weather',
  ])
  expect(JSON.stringify([sink.items('traces'), sink.items('logs')])).not.toMatch(/umbrella|Paris|rain/)
})

test('panic: the program dies as without it, and the error is in the trace', async () => {
  const result = await runFile(path.join(FOLDER, 'panic/main.mjs'), { env: { UPTRACE_DSN: dsn() } })
  expect(result.code).toBe(1)
  expect(result.stderr).toContain('SyntaxError: Unexpected end of JSON input')
  const [span] = sink.items('traces')
  expect(span).toMatchObject({ name: 'import users', status: { code: ERROR } })
  expect(attributesOf(span!.events[0])['exception.type']).toBe('SyntaxError')
})

test('spool: what could not be sent is sent at the next start', async () => {
  const { code, stderr, stdout } = await runFile(path.join(FOLDER, 'spool/main.mjs'))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.split('\n').slice(1, 4)).toEqual([
    'back end is down, requests on disk: 1',
    'back end: takes /v1/traces',
    'back end is up, requests on disk: 0',
  ])
})

test('custom-sampler: all of the big customer, few of the others', async () => {
  const result = await runFile(path.join(FOLDER, 'custom-sampler/main.mjs'), { env: { UPTRACE_DSN: dsn() } })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const paths = pathsOf(sink.items('traces'))
  expect(paths.filter((name) => name !== 'order')).toEqual(['big order', 'big order > price'])
  expect(paths.length).toBeLessThan(42)
})

test('viewer-in-tests: the suite passes', async () => {
  const result = await runFile(path.join(FOLDER, 'viewer-in-tests/orders.test.mjs'), { flags: ['--test'] })
  expect(result.stdout).toMatch(/pass 2\n[\s\S]*fail 0\n/)
  expect(result.code).toBe(0)
})

test('log-shipper: a line of the file is in the trace it was written in', async () => {
  const { stdout } = await runFile(path.join(FOLDER, 'log-shipper/main.mjs'), { env: { UPTRACE_DSN: dsn() } })
  const [, traceId, spanId] = urlOf(stdout)
  expect(sink.items('logs').map((record) => [record.traceId, record.spanId, record.severityNumber])).toEqual([
    [traceId, spanId, 9],
    [traceId, spanId, 13],
  ])
})

test('baggage: only what is named becomes an attribute, and the response names the trace', async () => {
  const { stdout } = await runFile(path.join(FOLDER, 'baggage/main.mjs'), { env: { UPTRACE_DSN: dsn() } })
  for (const span of sink.items('traces')) {
    expect(attributesOf(span).tenant).toBe('acme')
    expect(JSON.stringify(span)).not.toContain('not an attribute')
  }
  const [, traceId, spanId] = urlOf(stdout)
  expect(stdout).toMatch(new RegExp(`^traceresponse: 00-${traceId}-${spanId}-0[13]$`, 'm'))
})

test('lambda: everything was sent before the handler answered', async () => {
  const { stdout } = await runFile(path.join(FOLDER, 'lambda/main.mjs'), { env: { UPTRACE_DSN: dsn() } })
  expect(stdout).toContain('waits to be sent when the process is frozen: 0')
})

test('migration: each folder after runs and has its trace', { timeout: 120_000 }, async () => {
  const roads = readdirSync(path.join(FOLDER, 'migration'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  const result = await runFile(path.join(FOLDER, 'migration/main.mjs'), {
    env: { UPTRACE_DSN: dsn() },
    timeoutMillis: 110_000,
  })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const prices = pathsOf(sink.items('traces')).filter((name) => name.endsWith('> price'))
  expect(prices).toEqual(roads.map(() => 'GET > GET /orders/:id > request handler > price'))
  expect(sink.items('traces').filter(({ events }) => events?.[0]?.name === 'exception')).toHaveLength(roads.length)
})
