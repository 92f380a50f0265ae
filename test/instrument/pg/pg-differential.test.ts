/** Queries of pg: our own code against OpenTelemetry's instrumentation, on a real server. */
import { expect, test } from 'vitest'
import { comparable, type Outcome, programOf, runUnder, type SpanSeen, type Way } from '../differential.ts'

const URL_OF_SERVER = process.env['UPTRACE_TEST_POSTGRES_URL']
const PROGRAM = `
const url = process.env.UPTRACE_TEST_POSTGRES_URL
const say = (name, value) => console.log(name + ' ' + JSON.stringify(value))
const tracer = trace.getTracer('app'); const here = (name) => tracer.startSpan(name).end()
const settle = async (name, make) => { try { const result = await make(); here('after ' + name); say(name, Array.isArray(result) ? result.map(({ rows }) => rows) : result?.rows) } catch (error) { here('after ' + name); say(name, [error.name, error.code, error.message, Object.keys(error)]) } }
const called = (name, make) => new Promise((resolve) => { try { make((error, result) => { here('callback of ' + name); say(name, error ? [error.code, error.message] : result?.rows); resolve() }) } catch (error) { say(name, error.message); resolve() } })
const run = async (label, db) => {
  await settle(label + ' text', () => db.query('SELECT 1 AS one'))
  await settle(label + ' values', () => db.query('SELECT $1::int AS one', [2]))
  await settle(label + ' config', () => db.query({ text: 'SELECT $1::text AS one', values: ['x'] }))
  await settle(label + ' config and values', () => db.query({ text: 'SELECT $1::text AS one' }, ['y']))
  await settle(label + ' frozen', () => db.query(Object.freeze({ text: 'SELECT 3 AS one', values: Object.freeze([]) })))
  await settle(label + ' named', () => db.query({ name: 'by-id', text: 'SELECT $1::int AS id', values: [4] }))
  await settle(label + ' arrays', () => db.query({ text: 'SELECT 5', rowMode: 'array' }))
  await settle(label + ' several', () => db.query('SELECT 1 AS a; SELECT 2 AS b'))
  await settle(label + ' syntax', () => db.query('SELEKT 1'))
  await settle(label + ' no table', () => db.query('SELECT * FROM no_such_table'))
  await settle(label + ' division', () => db.query('SELECT 1/$1::int', [0]))
  await settle(label + ' empty', () => db.query(''))
  await called(label + ' callback', (done) => db.query('SELECT 6 AS one', done))
  await called(label + ' values, callback', (done) => db.query('SELECT $1::int AS one', [7], done))
  await called(label + ' config, callback', (done) => db.query({ text: 'SELECT 8 AS one' }, done))
  await called(label + ' callback, error', (done) => db.query('SELECT * FROM no_such_table', done))
}
const pool = new pg.Pool({ connectionString: url, max: 2 })
await run('pool', pool)
await called('config with callback', (done) => pool.connect((error, client, release) => { here('connected'); client.query({ text: 'SELECT 9 AS one', callback: (...args) => { release(); done(...args) } }) }))
const client = new pg.Client(url); await client.connect(); await run('client', client)
for (const bad of [null, undefined]) await settle('client ' + bad, () => client.query(bad)).catch(() => {})
await tracer.startActiveSpan('outer', async (span) => { await settle('in outer', () => pool.query('SELECT 1 AS inner')); await Promise.all([1, 2, 3, 4].map((n) => settle('many', () => pool.query('SELECT pg_sleep(0.05)')))); await called('outer callback', (done) => pool.query('SELECT 2 AS inner', done)); span.end() })
await settle('transaction', async () => { await client.query('BEGIN'); await client.query('SELECT 1'); return client.query('ROLLBACK') })
await client.end(); await settle('ended', () => client.query('SELECT 1'))
await pool.end(); await settle('ended pool', () => pool.query('SELECT 1'))
await settle('refused', () => new pg.Client('postgres://x@127.0.0.1:3/none').connect()); await settle('refused pool', () => new pg.Pool({ host: '127.0.0.1', port: 3 }).query('SELECT 1'))
`
const LIBRARIES = [['pg', 'pg']] as const

const NAME = /^pg\.query/
/** What is different on purpose: names and operations by a tokenizer, errors by the conventions. */
function withoutNames({ name, parent, attributes, ...rest }: SpanSeen): SpanSeen {
  const { 'db.operation.name': _, 'db.query.summary': __, 'db.collection.name': ___, ...named } = attributes
  const { 'error.type': ____, 'db.response.status_code': _____, ...others } = named
  const plain = (text: string): string =>
    NAME.test(text) || !/^(pg|outer|after|callback|connected|none)/.test(text) ? 'QUERY' : text
  return { ...rest, name: plain(name), parent: plain(parent), attributes: others }
}
const spansOf = ({ spans }: Outcome): SpanSeen[] =>
  spans.filter(({ scope }) => /^app|-pg@/.test(scope)).map(withoutNames)

/** Upstream counts what stands first in a statement, and errors of callbacks alone by their code. */
function pointsOf({ points }: Outcome): object[] {
  const sums = new Map<string, number>()
  for (const { name, unit, description, attributes, count, bounds } of points) {
    if (name !== 'db.client.operation.duration') continue
    const { 'db.operation.name': _, 'error.type': __, ...others } = attributes
    const key = JSON.stringify([name, unit, description, Object.entries(others).sort(), bounds])
    sums.set(key, (sums.get(key) ?? 0) + Number(count))
  }
  return [...sums].map(([key, count]) => ({ key, count }))
}

test.for(['cjs', 'mjs', 'late'] as Way[])(
  'the same spans, contexts, results, errors and durations: %s',
  { timeout: 120_000 },
  async (way, { skip }) => {
    if (URL_OF_SERVER === undefined) skip()
    const source = programOf(way, LIBRARIES, PROGRAM)
    const [ours, theirs] = await Promise.all([
      runUnder({}, way, source),
      runUnder({ pg: { responseHook: undefined } }, way, source),
    ])
    expect(theirs.spans.length).toBeGreaterThan(100)
    expect(ours.lines).toEqual(theirs.lines)
    expect(comparable(spansOf(ours))).toEqual(comparable(spansOf(theirs)))
    expect(comparable(pointsOf(ours))).toEqual(comparable(pointsOf(theirs)))
  },
)
