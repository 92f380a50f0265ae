/** Each call in its own trace, errors where the app waits for them: what upstream's instrumentations get wrong. */
import { expect, test } from 'vitest'
import { type SeenSpan, seeQuiet } from '../support.ts'

const MYSQL = 'UPTRACE_TEST_MYSQL_URL'
const POSTGRES = 'UPTRACE_TEST_POSTGRES_URL'
const withOwnTrace = `const tracer = require('@opentelemetry/api').trace.getTracer('app'); const inOwn = (name, work) => tracer.startActiveSpan(name, { root: true }, async (span) => { await work(); span.end() });`
const traceOf = (spans: readonly SeenSpan[], name: string): string => spans.find((span) => span.name === name)!.trace

test.skipIf(!process.env[MYSQL]).for([
  ['promises', `await pool.promise().query('SELECT ' + i)`],
  ['callbacks', `await new Promise((resolve) => pool.query('SELECT ' + i, resolve))`],
  [
    'connections of their own',
    `const one = await pool.promise().getConnection(); await one.query('SELECT ' + i); one.release()`,
  ],
])('a pool of mysql2 with one connection: three requests at once, by %s', async ([, query]) => {
  const work = `configure(); const mysql = require('mysql2'); ${withOwnTrace} (async () => { const pool = mysql.createPool({ uri: process.env.${MYSQL}, connectionLimit: 1 }); await Promise.all([1, 2, 3].map((i) => inOwn('own ' + i, async () => { ${query} }))); await pool.promise().end() })()`
  const { spans } = await seeQuiet('cjs', work)
  const queries = spans.filter(({ scope }) => scope === 'mysql2')
  expect(queries.map(({ trace }) => trace).sort()).toEqual([1, 2, 3].map((i) => traceOf(spans, `own ${i}`)).sort())
})

test.skipIf(!process.env[POSTGRES]).for([
  [
    'the callback of connect',
    `client.connect(() => { setTimeout(() => client.query('SELECT 1', () => client.end()), 10) })`,
  ],
  [
    'the callback of a query',
    `client.connect(() => client.query('SELECT 2', () => client.query('SELECT 1', () => client.end())))`,
  ],
  [
    'a notification',
    `client.on('notification', () => client.query('SELECT 1', () => client.end())); client.connect().then(() => client.query('LISTEN here')).then(() => client.query('NOTIFY here'))`,
  ],
  [
    'a pool',
    `const pool = new pg.Pool({ connectionString: process.env.${POSTGRES} }); pool.connect((error, one, done) => one.query('SELECT 1', () => { done(); pool.end() }))`,
  ],
])('pg without an active span: what starts in %s is a root', async ([, use]) => {
  const { spans } = await seeQuiet(
    'cjs',
    `configure(); const pg = require('pg'); const client = new pg.Client(process.env.${POSTGRES}); ${use}`,
  )
  const query = spans.filter(({ scope, name }) => scope === 'pg' && name === 'SELECT').at(-1)!
  expect(query.parent).toBeUndefined()
})

test.skipIf(!process.env[MYSQL])('mysql: an error of a query without a callback reaches the connection', async () => {
  const work = `configure(); const mysql = require('mysql'); const connection = mysql.createConnection({ ...Object.fromEntries(Object.entries({ host: new URL(process.env.${MYSQL}).hostname, port: new URL(process.env.${MYSQL}).port, user: new URL(process.env.${MYSQL}).username || 'root' })) }); connection.on('error', (error) => { print(error.code); connection.destroy() }); connection.query('SELECT nothing FROM nowhere')
    const heard = mysql.createConnection(connection.config); heard.on('error', () => print('connection')); heard.query('SELECT nothing FROM nowhere').on('error', () => { print('query'); heard.destroy() })`
  const { lines } = await seeQuiet('cjs', work)
  expect([...lines].sort()).toEqual([expect.stringMatching(/^ER_/), 'query'])
})

test.for([
  ['executeSync', `graphql.executeSync({ schema, document })`],
  ['execute', `graphql.execute({ schema, document })`],
  ['graphqlSync', `graphql.graphqlSync({ schema, source })`],
])('graphql: %s without a context after the schema was executed', async ([, run]) => {
  const work = `configure(); const graphql = require('graphql'); const schema = new graphql.GraphQLSchema({ query: new graphql.GraphQLObjectType({ name: 'Query', fields: { a: { type: graphql.GraphQLInt, resolve: () => 7 }, list: { type: new graphql.GraphQLList(new graphql.GraphQLObjectType({ name: 'Item', fields: { b: { type: graphql.GraphQLInt }, c: { type: graphql.GraphQLInt, resolve: () => 1 } } })), resolve: () => [...Array(100).keys()].map((b) => ({ b })) } } }) })
    const source = '{ a list { b c } }', document = graphql.parse(source); (async () => { await graphql.graphql({ schema, source, contextValue: {} }); const { data, errors } = ${run}; print([data.a, data.list.length, errors ?? null]) })()`
  const { lines, spans } = await seeQuiet('cjs', work)
  expect(lines).toEqual([[7, 100, null]])
  // fields that are only read make none, and items of a list share theirs
  expect(spans.filter(({ name }) => /^graphql.resolve/.test(name)).length).toBeLessThan(15)
})

test.skipIf(!process.env['UPTRACE_TEST_REDIS_URL'])('ioredis in a script: its commands are roots', async () => {
  const { spans } = await seeQuiet(
    'cjs',
    `configure(); const { Redis } = require('ioredis'); const redis = new Redis(process.env.UPTRACE_TEST_REDIS_URL); redis.get('nothing').then(() => redis.quit())`,
  )
  expect(spans.find(({ scope, name }) => scope === 'ioredis' && name === 'get')?.parent).toBeUndefined()
  expect(spans.some(({ name }) => name === 'get')).toBe(true)
})

test('a trace header of the app in fetch is replaced, not doubled', async () => {
  const work = `configure(); const server = require('http').createServer((request, response) => { print(request.rawHeaders.filter((name, index, all) => /^traceparent$/i.test(all[index - 1] ?? '') )); response.end() }).listen(0, async () => { const url = 'http://127.0.0.1:' + server.address().port; const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await fetch(url); await fetch(url, { headers: { traceparent } }); await fetch(url, { headers: [['TraceParent', traceparent]] }); await fetch(new Request(url, { headers: new Headers({ traceparent }) })); await require('undici').request(url, { headers: { traceparent } }); server.close(); process.exit(0) })`
  const { lines, spans } = await seeQuiet('cjs', work)
  const clients = new Set(spans.filter(({ kind }) => kind === 2).map(({ trace }) => trace))
  expect(lines).toHaveLength(5)
  for (const values of lines as unknown as string[][]) {
    expect(values).toHaveLength(1)
    expect(clients).toContain(values[0]!.split('-')[1])
  }
})
