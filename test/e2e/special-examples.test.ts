/** Examples that need a server of their own kind, or do not end as others do. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
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
      'list tables > select postgres.pg_catalog.pg_tables',
      'list tables > select postgres.pg_catalog.pg_tables > SELECT pg_catalog.pg_tables',
      'raw postgres',
      'raw postgres > SELECT',
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
