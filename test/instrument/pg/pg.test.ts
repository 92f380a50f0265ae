/** Queries of pg, where OpenTelemetry's instrumentation is no measure: contexts, names, errors, submittables, comments. */
import { expect, test } from 'vitest'
import { type Seen, seeQuiet } from '../support.ts'

const PROGRAM = `
configure(OPTIONS); const pg = require('pg'); const url = process.env.UPTRACE_TEST_POSTGRES_URL
const { context, ROOT_CONTEXT, trace } = require('@opentelemetry/api'); const tracer = trace.getTracer('app'); const here = (name) => tracer.startSpan(name).end()
;(async () => { BODY
await pause(20); process.exit() })().catch((error) => { console.error(error); process.exit(1) })
`
const isThere = process.env['UPTRACE_TEST_POSTGRES_URL'] !== undefined
const run = (body: string, options = ''): Promise<Seen> =>
  seeQuiet('cjs', PROGRAM.replace('BODY', () => body).replace('OPTIONS', options))
const queriesOf = ({ spans }: Seen) => spans.filter(({ scope, name }) => scope === 'pg' && !/connect$/.test(name))

test.runIf(isThere)('what starts later on a connection is not part of what opened it', async () => {
  const { spans } = await run(`
    const client = new pg.Client(url)
    await new Promise((resolve) => client.connect(() => { here('connected'); let count = 0; const timer = setInterval(() => { client.query('SELECT 1', () => here('callback')); if (++count === 3) { clearInterval(timer); setTimeout(resolve, 50) } }, 5) }))
    const listener = new pg.Client(url); await tracer.startActiveSpan('request', async (span) => { await listener.connect(); await listener.query('LISTEN news'); span.end() })
    listener.on('notification', () => here('notified')); await client.query('NOTIFY news'); await pause(50)
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    await new Promise((resolve) => pool.connect((error, one, release) => { here('pool callback'); one.query('SELECT 2', () => { here('inner callback'); release(); resolve() }) }))
    await pool.end(); await client.end(); await listener.end()`)
  for (const name of ['connected', 'callback', 'notified', 'pool callback', 'inner callback', 'SELECT'])
    for (const span of spans.filter((one) => one.name === name)) expect([name, span.parent]).toEqual([name, undefined])
  expect(spans.filter(({ name }) => name === 'callback')).toHaveLength(3)
  expect(spans.filter(({ name }) => name === 'notified')).toHaveLength(1)
})

test.runIf(isThere)(
  'callbacks and later queries belong to who asked, also through a pool of one connection',
  async () => {
    const { spans } = await run(`
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    await Promise.all(['a', 'b', 'c'].map((name) => context.with(ROOT_CONTEXT, () => tracer.startActiveSpan(name, (span) => new Promise((resolve) => {
      pool.query('SELECT 1', () => { here('callback of ' + name); pool.connect((error, client, release) => { here('connected of ' + name); client.query('SELECT 2', () => { here('second of ' + name); release(); span.end(); resolve() }) }) }) })))))
    await pool.end()`)
    const nameOf = new Map(spans.map(({ id, name }) => [id, name]))
    const own = spans.filter(({ name }) => / of [abc]$/.test(name))
    expect(own).toHaveLength(9)
    for (const { name, parent } of own) expect(nameOf.get(parent!)).toBe(name.slice(-1))
    for (const letter of ['a', 'b', 'c'])
      expect(spans.filter(({ name, parent }) => name === 'SELECT' && nameOf.get(parent!) === letter)).toHaveLength(2)
  },
)

test.runIf(isThere)('names are those of operations and tables, never text of a statement', async () => {
  const seen = await run(`
    const client = new pg.Client(url); await client.connect()
    for (const text of ["SELECT\\n\\t'CARD 4111'", '-- by me\\nSELECT 1', '/* a */ SELECT * FROM pg_class LIMIT 1', '(SELECT 1)', 'select * from "pg_class" limit 1', 'WITH x AS (SELECT 1) SELECT * FROM x', "VALUES ('secret')", '; ;'])
      await client.query(text).catch(() => {})
    await client.query({ name: 'a-hash-4111', text: 'SELECT 1' }); await client.end()`)
  expect(queriesOf(seen).map(({ name }) => name)).toEqual([
    'SELECT',
    'SELECT',
    'SELECT pg_class',
    'SELECT',
    'SELECT pg_class',
    'SELECT x',
    'VALUES',
    'SQL',
    'SELECT',
  ])
})

test.runIf(isThere)('errors have a type and the state of the server', async () => {
  const seen = await run(`
    const client = new pg.Client(url); await client.connect()
    await client.query('SELECT * FROM no_such_table').catch(() => {})
    await new Promise((resolve) => client.query('SELEKT', resolve)); client.on('error', () => {})
    const hanging = client.query('SELECT pg_sleep(10)').catch(() => {}); client.connection.stream.destroy(); await hanging
    await new pg.Client('postgres://x@127.0.0.1:3/none').connect().catch(() => {})`)
  const failed = seen.spans.filter(({ status }) => status.code === 2)
  expect(failed.map(({ attributes }) => [attributes['error.type'], attributes['db.response.status_code']])).toEqual([
    ['42P01', '42P01'],
    ['42601', '42601'],
    ['Error', undefined],
    ['ECONNREFUSED', undefined],
  ])
})

test.runIf(isThere)(
  'queries that are objects end with their answer, and their events belong to who asked',
  async () => {
    const seen = await run(`
    const client = new pg.Client(url); await client.connect()
    await tracer.startActiveSpan('request', async (span) => {
      const query = new pg.Query('SELECT generate_series(1, 3)'); print(client.query(query) === query)
      await new Promise((resolve) => query.on('row', () => here('row')).on('end', () => { here('end'); resolve() }).on('error', resolve))
      const bad = new pg.Query('SELECT * FROM no_such_table'); client.query(bad)
      await new Promise((resolve) => bad.on('error', () => { here('error'); resolve() }))
      const called = new pg.Query('SELECT 2 AS two', undefined, undefined); await new Promise((resolve) => client.query(called, (error, { rows }) => { here('called'); print(rows); resolve() }))
      span.end() })
    class Own { constructor() { this.text = 'SELECT 7' } submit(connection) { connection.query(this.text) } handleRowDescription() {} handleDataRow() {} handleCommandComplete() {} handleReadyForQuery() { here('own'); this.done() } handleError() {} }
    await tracer.startActiveSpan('other', async (span) => { const own = new Own(); await new Promise((resolve) => { own.done = resolve; client.query(own) }); span.end() })
    await client.end()`)
    expect(seen.lines).toEqual([true, [{ two: 2 }]])
    const nameOf = new Map(seen.spans.map(({ id, name }) => [id, name]))
    const below = (parent: string) =>
      seen.spans.filter((span) => nameOf.get(span.parent!) === parent).map(({ name }) => name)
    expect(
      below('request')
        .filter((name) => name !== 'pg.connect')
        .sort(),
    ).toEqual(['SELECT', 'SELECT no_such_table', 'SELECT', 'called', 'end', 'error', 'row', 'row', 'row'].sort())
    expect(below('other').sort()).toEqual(['SELECT', 'own'])
  },
)

test.runIf(isThere)(
  'a stream that hands what it is told to its cursor is named by it and ends with the answer',
  async () => {
    const seen = await run(`
    class Cursor { constructor(text) { this.text = text } submit(connection) { connection.query(this.text) } handleRowDescription() {} handleDataRow() { here('row') } handleCommandComplete() {} handleReadyForQuery() { this.done() } handleError() { this.failed = true; this.done() } }
    class Stream { constructor(text) { const cursor = this.cursor = new Cursor(text); for (const name of Object.getOwnPropertyNames(Cursor.prototype)) if (name.startsWith('handle')) this[name] = cursor[name].bind(cursor) } submit(connection) { this.cursor.submit(connection) } }
    const client = new pg.Client(url); await client.connect()
    for (const text of ['SELECT * FROM pg_class LIMIT 1', 'SELECT * FROM no_such_table']) await tracer.startActiveSpan('request', async (span) => {
      const stream = new Stream(text); const keys = Object.keys(stream).join(); await new Promise((resolve) => { stream.cursor.done = resolve; client.query(stream) }); print([Object.keys(stream).join() === keys, stream.cursor.failed ?? false]); span.end() })
    await client.end()`)
    expect(seen.lines).toEqual([
      [true, false],
      [true, true],
    ])
    const requests = seen.spans.filter(({ name }) => name === 'request').map(({ id }) => id)
    expect(queriesOf(seen).map(({ name, status, parent }) => [name, status.code, requests.indexOf(parent!)])).toEqual([
      ['SELECT pg_class', 0, 0],
      ['SELECT no_such_table', 2, 1],
    ])
    expect(seen.spans.filter(({ name }) => name === 'row').map(({ parent }) => requests.indexOf(parent!))).toEqual([0])
  },
)

test.runIf(isThere)('sqlComments carry the trace, and objects of the application stay as they are', async () => {
  const seen = await run(
    `const client = new pg.Client(url); await client.connect(); const texts = []; const { query } = client.connection; client.connection.query = function (text) { texts.push(text); return query.call(this, text) }
    const config = Object.freeze({ text: 'SELECT 1' }); await client.query('SELECT 2'); await client.query(config); await client.query({ text: 'SELECT 3', callback: undefined })
    await new Promise((resolve) => client.query(Object.freeze({ text: 'SELECT 4', callback: resolve }))); print(texts); print(config); await client.end()`,
    '{ sqlComments: true }',
  )
  const [texts, config] = seen.lines as unknown as [string[], object]
  expect(config).toEqual({ text: 'SELECT 1' })
  expect(texts).toEqual(
    queriesOf(seen).map(
      ({ attributes, id, trace }) => `${attributes['db.query.text']} /*traceparent='00-${trace}-${id}-03'*/`,
    ),
  )
})

test.runIf(isThere)('rejections that nobody handles are still seen as such', async () => {
  const { lines } = await run(`
    const client = new pg.Client(url); await client.connect(); process.on('unhandledRejection', (error) => print(error.code))
    client.query('SELECT * FROM no_such_table'); await pause(100); await client.query('SELECT 1'); await client.end()`)
  expect(lines).toEqual(['42P01'])
})

test.runIf(isThere)('queries in a pipeline end each with its own answer', async () => {
  const seen = await run(`
    const client = new pg.Client({ connectionString: url, pipeline: true }); await client.connect(); client.pipeline = true
    const results = await Promise.allSettled([client.query('SELECT 1 AS a'), client.query({ text: 'SELECT $1::int AS b', values: [2] }), client.query('SELECT * FROM no_such_table'), client.query('SELECT 3 AS c')])
    print(results.map(({ status, value }) => value?.rows ?? status)); await client.end()`)
  expect(seen.lines).toEqual([[[{ a: 1 }], [{ b: 2 }], 'rejected', [{ c: 3 }]]])
  expect(queriesOf(seen).map(({ status }) => status.code)).toEqual([0, 0, 2, 0])
})
