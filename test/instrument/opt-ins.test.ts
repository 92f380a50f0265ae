/** What is off unless asked for: trace ids in responses, trace context in SQL comments, and lists of URLs that are not traced. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const configure = (more: string): string => `
  const { configureOpentelemetry, shutdown, withSpan } = require('uptrace-node')
  configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricsEnabled: false, ${more} })`

const SERVERS = {
  'plain http': `const server = require('http').createServer((request, response) => response.end('ok')).listen(0, '127.0.0.1', use); function close() { server.close() } function port() { return server.address().port }`,
  express: `const server = require('express')().get('/', (request, response) => response.set('Server-Timing', 'own;dur=1').send('ok')).listen(0, '127.0.0.1', use); function close() { server.close() } function port() { return server.address().port }`,
  fastify: `const app = require('fastify')(); app.get('/', async () => 'ok'); app.listen({ port: 0, host: '127.0.0.1' }).then(() => use()); function close() { app.close() } function port() { return app.server.address().port }`,
}

test.for(Object.entries(SERVERS))('responseHeaders on %s name the trace', async ([name, server]) => {
  const source = `${configure(`responseHeaders: ['traceresponse', 'server-timing', 'trace-id']`)}
    ${server}
    async function use() { const { headers } = await fetch('http://127.0.0.1:' + port()); console.log(JSON.stringify(Object.fromEntries(headers))); close() }`
  const result = await runSource('cjs', source)
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const headers = JSON.parse(result.stdout)
  const span = sink.items('traces').find(({ kind }) => kind === 2)
  const traceparent = `00-${span.traceId}-${span.spanId}-03`
  expect(headers).toMatchObject({ traceresponse: traceparent, 'trace-id': span.traceId })
  expect(headers['server-timing']).toContain(name === 'express' ? 'own;dur=1' : traceparent)
})

test('without the option no header is added', async () => {
  const source = `${configure('')}
    ${SERVERS['plain http']}
    async function use() { const { headers } = await fetch('http://127.0.0.1:' + port()); console.log(Object.keys(Object.fromEntries(headers)).join()); close() }`
  expect((await runSource('cjs', source)).stdout).not.toMatch(/trace|timing/)
})

const DATABASES: Record<string, { needs: string; query: string }> = {
  pg: {
    needs: 'UPTRACE_TEST_POSTGRES_URL',
    query: `const { Client } = require('pg'); const client = new Client(process.env.UPTRACE_TEST_POSTGRES_URL); await client.connect(); const text = (await client.query('SELECT current_query() AS text')).rows[0].text; await client.end()`,
  },
  'knex on pg': {
    needs: 'UPTRACE_TEST_POSTGRES_URL',
    query: `const db = require('knex')({ client: 'pg', connection: process.env.UPTRACE_TEST_POSTGRES_URL }); const text = (await db.raw('SELECT current_query() AS text')).rows[0].text; await db.destroy()`,
  },
  mysql2: {
    needs: 'UPTRACE_TEST_MYSQL_URL',
    query: `const connection = require('mysql2').createConnection(process.env.UPTRACE_TEST_MYSQL_URL); const text = (await connection.promise().query('SELECT info AS text FROM information_schema.processlist WHERE id = connection_id()'))[0][0].text; connection.end()`,
  },
}

test.for(Object.entries(DATABASES))(
  'sqlComments on %s: the server sees the traceparent, and it can be read back',
  async ([name, { needs, query }], { skip }) => {
    const url = process.env[needs]
    if (url === undefined) {
      console.log(`skipped: ${name} needs ${needs} (scripts/services.sh starts the servers)`)
      skip()
    }
    const source = `${configure('sqlComments: true')}
    const { trace } = require('@opentelemetry/api'); const { extractFromSqlComment } = require('uptrace-node')
    withSpan('work', async () => { ${query}; console.log(JSON.stringify({ text, context: trace.getSpanContext(extractFromSqlComment(text)) })) }).then(() => shutdown())`
    const result = await runSource('cjs', source, { env: { [needs]: url! } })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const { text, context } = JSON.parse(result.stdout)
    const client = sink.items('traces').find((span) => span.kind === 3 && span.spanId === context.spanId)
    expect(text).toContain(`traceparent='00-${client.traceId}-${client.spanId}-03'`)
    expect(context).toMatchObject({ traceId: client.traceId, isRemote: true })
  },
)

test('ignoreUrls takes paths, prefixes and expressions, and replaces the default list', async () => {
  const source = `${configure(`ignoreUrls: ['/ping', '/assets/*', /\\.ico$/]`)}
    ${SERVERS['plain http']}
    async function use() { for (const path of ['/ping', '/ping?x=1', '/pingpong', '/assets/a.js', '/a.ico', '/health']) await (await fetch('http://127.0.0.1:' + port() + path)).text(); close() }`
  expect(await runSource('cjs', source)).toMatchObject({ code: 0, stderr: '' })
  expect(
    sink
      .items('traces')
      .filter(({ kind }) => kind === 2)
      .map((span) => attributesOf(span)['url.path']),
  ).toEqual(['/pingpong', '/health'])
})

test.for<[string, string, Record<string, string>, string[]]>([
  ['an option turns one off', 'instrumentations: { http: false }', {}, ['undici']],
  ['a variable turns one off', '', { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' }, ['undici']],
  ['a variable leaves only one on', '', { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http' }, ['http']],
  [
    'an option wins over a variable',
    'instrumentations: { undici: true }',
    { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'undici' },
    ['http', 'undici'],
  ],
])('%s', async ([, more, env, scopes]) => {
  const source = `${configure(more)}
    ${SERVERS['plain http']}
    async function use() { await (await fetch('http://127.0.0.1:' + port())).text(); close() }`
  expect(await runSource('cjs', source, { env })).toMatchObject({ code: 0, stderr: '' })
  const seen = sink.received.flatMap(({ request }) =>
    request.resourceSpans[0].scopeSpans.map(({ scope }: { scope: { name: string } }) =>
      scope.name.replace('@opentelemetry/instrumentation-', ''),
    ),
  )
  expect([...new Set(seen)].sort()).toEqual(scopes)
})

test('an instrumentation of the user is added: @fastify/otel', async () => {
  const source = `const { FastifyOtelInstrumentation } = require('@fastify/otel')
    ${configure('instrumentations: { add: [new FastifyOtelInstrumentation({ registerOnInitialization: true })] }')}
    ${SERVERS.fastify}
    async function use() { await (await fetch('http://127.0.0.1:' + port())).text(); close() }`
  expect(await runSource('cjs', source)).toMatchObject({ code: 0 })
  expect(JSON.stringify(sink.received.map(({ request }) => request))).toContain('@fastify/otel')
})
