/** better-sqlite3 and node:sqlite, on databases in memory and in a file. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const LIBRARIES = [
  [
    'better-sqlite3',
    ['Database', 'better-sqlite3'],
    'SqliteError',
    'SQLITE_CONSTRAINT_PRIMARYKEY',
    'SQLITE_CONSTRAINT_PRIMARYKEY',
  ],
  ['node-sqlite', ['Database', 'node:sqlite', 'DatabaseSync'], 'Error', 'ERR_SQLITE_ERROR', '1555'],
] as const

const BODY = `
const file = require('path').join(require('os').tmpdir(), 'people-' + process.pid + '.db')
const db = new Database(file)
await inSpan('request', async () => {
  db.exec('CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)')
  const insert = db.prepare('INSERT INTO people VALUES (?, ?)'); print([insert.run.name, insert.run.length, Object.keys(insert)])
  print(insert.run(1, 'secret')); insert.run(2, 'other')
  try { insert.run(1, 'again') } catch (error) { print([error.name, error.code, error.message]) }
  print(db.prepare('SELECT * FROM people WHERE id = ?').get(1)); print(db.prepare('SELECT * FROM people').all())
  const rows = []; for (const { id } of db.prepare('SELECT id FROM people').iterate()) rows.push(id); print(rows)
  for (const { id } of db.prepare('SELECT id FROM people').iterate()) { print(id); break }
  try { db.prepare('SELECT * FROM no_such_table') } catch (error) { print([error.name, error.code, error.message]) }
  try { db.exec(1) } catch (error) { print([error.name, error.code, error.message]) }
})
db.close()
const other = new Database(':memory:'); other.prepare('SELECT 1').get(); try { other.exec('SELEKT') } catch (error) { print(error.message) }
require('fs').rmSync(file)
`

test('a method that the application has wrapped since is not wrapped again', async () => {
  const body = `const db = new Database(':memory:'); const prototype = Object.getPrototypeOf(db.prepare('SELECT 1')); const { run } = prototype; prototype.run = function (...args) { return run.apply(this, args) }; db.prepare('CREATE TABLE t (a)').run()`
  const libraries = [['Database', 'better-sqlite3']] as const
  for (const seen of (await runWays({ libraries, body, ways: ['cjs'] })).values())
    expect(spansOf(seen, 'uptrace-node/better-sqlite3').map(({ name }) => name)).toEqual(['CREATE t'])
})

test.for(LIBRARIES)(
  '%s: statements have spans, and the program is the same',
  async ([name, library, , errorType, code]) => {
    const ways = await runWays({ libraries: [library], body: BODY, run: { flags: ['--no-warnings'] } })
    for (const seen of ways.values()) {
      const spans = spansOf(seen, `uptrace-node/${name}`)
      expect(spans.map((span) => [span.name, span.status.code, parentOf(seen, span)])).toEqual([
        ['CREATE people', 0, 'request'],
        ['INSERT people', 0, 'request'],
        ['INSERT people', 0, 'request'],
        ['INSERT people', 2, 'request'],
        ['SELECT people', 0, 'request'],
        ['SELECT people', 0, 'request'],
        ['SELECT people', 0, 'request'],
        ['SELECT people', 0, 'request'],
        ['SELECT', 0, undefined],
        ['SQL', 2, undefined],
      ])
      expect(spans[1]!.attributes).toEqual({
        'db.system.name': 'sqlite',
        'db.namespace': expect.stringMatching(/^people-\d+\.db$/),
        'db.query.text': 'INSERT INTO people VALUES (?, ?)',
        'db.operation.name': 'INSERT',
        'db.collection.name': 'people',
        'db.query.summary': 'INSERT people',
      })
      expect(spans[3]!.attributes).toMatchObject({ 'error.type': errorType, 'db.response.status_code': code })
      expect(spans[8]!.attributes['db.namespace']).toBe(':memory:')
    }
  },
)
