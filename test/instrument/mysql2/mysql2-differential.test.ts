/** Queries of mysql2: our own code against OpenTelemetry's instrumentation, on a real server. */
import { expect, test } from 'vitest'
import { comparable, type Outcome, programOf, runUnder, type SpanSeen, type Way } from '../differential.ts'

const PROGRAM = `
const say = (name, value) => console.log(name + ' ' + JSON.stringify(value))
const tracer = trace.getTracer('app'); const here = (name) => tracer.startSpan(name).end()
const url = process.env.UPTRACE_TEST_MYSQL_URL
const settle = async (name, make) => { try { const [rows] = await make(); here('after ' + name); say(name, rows) } catch (error) { here('after ' + name); say(name, [error.name, error.code, error.message, Object.keys(error).sort()]) } }
const called = (name, make) => new Promise((resolve) => { try { make((error, rows) => { here('callback of ' + name); say(name, error ? [error.code, error.message] : rows); resolve() }) } catch (error) { say(name, error.message); resolve() } })
const byPromise = async (label, db) => {
  await settle(label + ' text', () => db.query('SELECT 1 AS one')); await settle(label + ' values', () => db.query('SELECT ? AS one', ['a'])); await settle(label + ' value', () => db.query('SELECT ? AS one', 7))
  await settle(label + ' options', () => db.query({ sql: 'SELECT ? AS one', values: ['b'] })); await settle(label + ' both', () => db.query({ sql: 'SELECT ? AS one' }, ['c'])); await settle(label + ' named', () => db.query({ sql: 'SELECT :x AS one', namedPlaceholders: true }, { x: 1 }))
  await settle(label + ' execute', () => db.execute('SELECT ? AS one', [3])); await settle(label + ' execute options', () => db.execute({ sql: 'SELECT ? AS one', values: [4] })); await settle(label + ' arrays', () => db.query({ sql: 'SELECT 1, 2', rowsAsArray: true }))
  await settle(label + ' no table', () => db.query('SELECT * FROM no_such_table')); await settle(label + ' syntax', () => db.execute('SELEKT 1')); await settle(label + ' empty', () => db.query(''))
}
const byCallback = async (label, db) => {
  await called(label + ' text', (done) => db.query('SELECT 1 AS one', done)); await called(label + ' values', (done) => db.query('SELECT ? AS one', ['a'], done)); await called(label + ' options', (done) => db.query({ sql: 'SELECT ? AS one', values: [1] }, done))
  await called(label + ' execute', (done) => db.execute('SELECT ? AS one', [2], done)); await called(label + ' no table', (done) => db.query('SELECT * FROM no_such_table', done)); await called(label + ' execute error', (done) => db.execute('SELECT * FROM no_such_table', [], done))
}
const promised = promise.createPool(url); await byPromise('pool', promised)
const connection = await promise.createConnection(url); await byPromise('connection', connection)
const pool = mysql.createPool({ uri: url, connectionLimit: 2 }); await byCallback('callbacks', pool)
const plain = mysql.createConnection(url); await byCallback('plain', plain)
await new Promise((resolve) => plain.query('SELECT 1 AS one UNION SELECT 2').on('result', (row) => say('row', row)).on('end', resolve)); await new Promise((resolve) => plain.query('SELECT * FROM no_such_table').on('error', (error) => { say('stream error', error.code) }).on('end', resolve))
for (const bad of [null, undefined, 1, {}]) { const odd = mysql.createConnection(url); odd.on('error', () => {}); await new Promise((resolve) => odd.on('connect', resolve)); try { odd.query(bad, (error) => say('told', error?.code)) } catch (error) { say('bad ' + JSON.stringify(bad), error.message) } odd.destroy() }
await tracer.startActiveSpan('outer', async (span) => { await byPromise('inside', promised); await byCallback('inside callbacks', plain); span.end() })
await connection.query('START TRANSACTION'); await connection.query('ROLLBACK')
const refused = promise.createPool('mysql://x@127.0.0.1:3/none'); await settle('refused', () => refused.query('SELECT 1'))
plain.end(); await connection.end(); await promised.end(); pool.end(); await settle('ended', () => connection.query('SELECT 1'))
`
const LIBRARIES = [
  ['mysql', 'mysql2'],
  ['promise', 'mysql2/promise'],
] as const
/** What is different on purpose: errors by the conventions, callbacks in the context of who gave them. */
function withoutNew({ attributes, parent: _, ...rest }: SpanSeen): object {
  const { 'error.type': __, 'db.response.status_code': ___, ...others } = attributes
  // where mysql2 was loaded first, upstream puts the values in
  const text = String(others['db.query.text'])
  others['db.query.text'] = text.replace(/SELECT ('.'|[1-7]|\?) AS one$/, 'SELECT x AS one')
  return { ...rest, attributes: others }
}
const spansOf = ({ spans }: Outcome) => spans.filter(({ scope }) => /-mysql2@/.test(scope)).map(withoutNew)

test.for(['cjs', 'mjs', 'late'] as Way[])(
  'the same spans, results and errors: %s',
  { timeout: 120_000 },
  async (way, { skip }) => {
    if (process.env['UPTRACE_TEST_MYSQL_URL'] === undefined) skip()
    const source = programOf(way, LIBRARIES, PROGRAM)
    const [ours, theirs] = await Promise.all([
      runUnder({}, way, source),
      runUnder({ mysql2: { responseHook: undefined } }, way, source),
    ])
    expect(theirs.spans.length).toBeGreaterThan(55)
    // what is refused has upstream's own error text
    const accepted = (lines: readonly string[]) => lines.filter((line) => !/^bad|^told/.test(line))
    expect(accepted(ours.lines)).toEqual(accepted(theirs.lines))
    expect(comparable(spansOf(ours))).toEqual(comparable(spansOf(theirs)))
    const failed = ours.spans.filter(({ attributes }) => attributes['db.query.text'] === 'SELECT * FROM no_such_table')
    expect(failed.length).toBeGreaterThan(5)
    for (const { attributes } of failed)
      expect(attributes).toMatchObject({ 'error.type': 'ER_NO_SUCH_TABLE', 'db.response.status_code': '1146' })
    expect(ours.spans.map(({ attributes }) => attributes['db.query.text'])).toContain('SELECT ? AS one')
    const inside = ours.spans.filter(({ name }) => /^(after|callback of) inside/.test(name))
    expect(inside.map(({ parent }) => parent)).toEqual(inside.map(() => 'outer'))
  },
)
