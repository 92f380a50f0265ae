/** postgres (porsager) against a real server. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const isThere = process.env['UPTRACE_TEST_POSTGRES_URL'] !== undefined

const BODY = `
const sql = postgres(process.env.UPTRACE_TEST_POSTGRES_URL, { max: 2, onnotice() {} })
await sql\`CREATE TEMPORARY TABLE IF NOT EXISTS people (id int, name text)\`.catch((error) => print(error.message))
await inSpan('request', async () => {
  print(await sql\`SELECT \${1}::int AS one, \${'secret'}::text AS two\`)
  print(await sql\`SELECT \${{ get strings() { throw new Error('mine') }, toString: () => 'hi' }}::text AS a\`.catch((error) => error.message))
  const part = sql\`WHERE relname = \${'pg_class'}\`
  print((await sql\`SELECT relname FROM \${sql('pg_class')} \${part}\`).map((row) => ({ ...row })))
  print((await sql.unsafe('SELECT 2 AS two')).length)
  print(await sql\`SELECT * FROM no_such_table\`.catch((error) => [error.name, error.code, error.message]))
  print(await sql.begin(async (tx) => { await tx\`CREATE TEMPORARY TABLE t (a int) ON COMMIT DROP\`; await tx\`INSERT INTO t \${tx([{ a: 1 }, { a: 2 }])}\`; return (await tx\`SELECT count(*)::int AS n FROM t\`)[0].n }))
  const rows = []; await sql\`SELECT generate_series(1, 5) AS n\`.cursor(2, (part) => { rows.push(...part.map(({ n }) => n)) }); print(rows)
  const more = []; for await (const [{ n }] of sql\`SELECT generate_series(1, 9) AS n\`.cursor()) { more.push(n); if (n === 3) break } print(more)
  const all = []; for await (const part of sql\`SELECT generate_series(1, 5) AS n\`.cursor(2)) all.push(part.length); print(all)
  await sql\`SELECT generate_series(1, 2) AS n\`.forEach((row) => print(row))
  const slow = sql\`SELECT pg_sleep(5)\`.execute(); setTimeout(() => slow.cancel(), 30); print(await slow.catch((error) => error.code))
})
const query = sql\`SELECT 1 AS a\`; print([Object.keys(query).sort().join(), query.handle.name, query.handle.length, typeof query.then])
print(await Promise.all([sql\`SELECT 1 AS a\`.values(), sql\`SELECT 2 AS b\`.raw(), sql\`SELECT 3 AS c\`.describe().then(({ string }) => string)]))
process.on('unhandledRejection', (error) => print('unhandled ' + error.code)); sql\`SELEKT 1\`.execute(); await pause(100)
await sql.end()
const none = postgres('postgres://x:hidden@127.0.0.1:3/none', { connect_timeout: 1 }); print(await none\`SELECT 1\`.catch((error) => error.code))
`

test.runIf(isThere)('queries have spans, and the program is the same', async () => {
  const ways = await runWays({ libraries: [['postgres', 'postgres']], body: BODY })
  for (const [way, seen] of ways) {
    // each connection asks for the types of the server, when it is first used
    const spans = spansOf(seen, 'uptrace-node/postgres').filter(({ name }) => name !== 'SELECT pg_catalog.pg_type')
    const below = spans.filter((span) => parentOf(seen, span) === 'request')
    expect(below.map(({ name, status }) => [name, status.code])).toEqual([
      ['SELECT', 0],
      ['SELECT pg_class', 0],
      ['SELECT', 0],
      ['SELECT no_such_table', 2],
      ['BEGIN', 0],
      ['CREATE t', 0],
      ['INSERT t', 0],
      ['SELECT t', 0],
      ['COMMIT', 0],
      ['SELECT', 0],
      ['SELECT', 0],
      ['SELECT', 0],
      ['SELECT', 0],
      ['SELECT', 2],
    ])
    const [first, , , failed] = below
    expect(first!.attributes).toMatchObject({
      'db.system.name': 'postgresql',
      'db.query.text': 'SELECT $1::int AS one, $2::text AS two',
      'db.operation.name': 'SELECT',
    })
    if (way !== 'late') expect(first!.attributes['server.port']).toBeTypeOf('number')
    expect(failed!.attributes).toMatchObject({ 'error.type': '42P01', 'db.response.status_code': '42P01' })
    expect(below[1]!.attributes['db.query.text']).toBe('SELECT relname FROM "pg_class" WHERE relname = $1')
    expect(spans.some(({ attributes }) => JSON.stringify(attributes).includes('secret'))).toBe(false)
    expect(spans.at(-1)!.attributes['error.type']).toBe('ECONNREFUSED')
    // one that was made and never asked for has none
    expect(spans).toHaveLength(below.length + 6)
  }
})
