/** Names of SQL spans: what a statement does and to which table, never its text. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { summarizeSql } from '../../../src/instrument/sql/summarize.ts'

test.for([
  ['SELECT * FROM users WHERE id = 1', 'SELECT users'],
  ["SELECT\n\t'CARD 4111' FROM cards", 'SELECT cards'],
  ['-- a comment: DELETE FROM x\nselect 1', 'SELECT'],
  ['/* a /* b */ SELECT a.b FROM "Public"."Users" u', 'SELECT Public.Users'],
  ['# mysql\nUPDATE LOW_PRIORITY `shop`.`orders` SET a = 1', 'UPDATE shop.orders'],
  ['insert into public.logs(a) values ($1)', 'INSERT public.logs'],
  ['INSERT INTO t SELECT * FROM other', 'INSERT t'],
  ['(SELECT 1 FROM a) UNION (SELECT 2 FROM b)', 'SELECT a'],
  ['WITH x AS (SELECT * FROM secret), y AS (SELECT 1) UPDATE z SET a = 1', 'UPDATE z'],
  ['WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x', 'SELECT x'],
  ['SELECT (SELECT max(a) FROM inner_table) FROM outer_table', 'SELECT outer_table'],
  ['SELECT * FROM (SELECT 1) sub', 'SELECT'],
  ['DELETE FROM ONLY things', 'DELETE things'],
  ['CREATE TABLE IF NOT EXISTS a.b (c int)', 'CREATE a.b'],
  ['TRUNCATE TABLE x', 'TRUNCATE x'],
  ['TRUNCATE x', 'TRUNCATE x'],
  ['BEGIN', 'BEGIN'],
  ['commit;', 'COMMIT'],
  [';; SELECT 1', 'SELECT'],
  ["SELECT 'it''s FROM hidden' FROM shown", 'SELECT shown'],
  ["SELECT 'a\\' , 'FROM hidden' FROM t", 'SELECT'],
  ['SELECT $$ FROM hidden $$ FROM shown', 'SELECT shown'],
  ['SELECT $tag$ FROM hidden $$ $tag$ FROM shown', 'SELECT shown'],
  ['SELECT [a] FROM [dbo].[Users]', 'SELECT dbo.Users'],
  ['SELECT extract(year FROM created) FROM posts', 'SELECT posts'],
  ['SELECT 1', 'SELECT'],
  ['CALL do_it(1)', 'CALL do_it'],
  ['SELECT * FROM größe', 'SELECT größe'],
  ["'4111-1111'", undefined],
  ['4111 SELECT', 'SELECT'],
  ['5f4dcc3b5aa765d61d8327deb882cf99', undefined],
  ['', undefined],
  ['/*', undefined],
  ["SELECT 'open FROM hidden", 'SELECT'],
] as const)('%j: %s', ([statement, text]) => {
  expect(summarizeSql(statement)?.text).toBe(text)
})

test('nothing of a literal, a comment or a number ever gets into it', () => {
  const secret = 'sEcReT'
  const piece = fc.constantFrom(
    `'${secret}'`,
    `'x''${secret}'`,
    `/* ${secret} */`,
    `-- ${secret}\n`,
    `$$${secret}$$`,
    `$t$${secret}$t$`,
    '4111',
    'SELECT',
    'FROM',
    'users',
    'WHERE',
    '(',
    ')',
    ',',
    'INSERT',
    'INTO',
    ';',
    `"a b"`,
    '.',
    'WITH',
    'AS',
    'UPDATE',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      expect(summarizeSql(pieces.join(' '))?.text ?? '').not.toMatch(/secret|4111/i)
    }),
    { numRuns: 5_000 },
  )
})

test.for(['(', '.', "'", '"', '`', '[', '/*', '-- ', '$$', '$a$', 'a.', 'WITH ', 'SELECT FROM ', '1.'])(
  'a megabyte of %j takes no time',
  (piece) => {
    const statement = `SELECT ${piece.repeat(1_000_000 / piece.length)}`
    const start = performance.now()
    summarizeSql(statement)
    expect(performance.now() - start).toBeLessThan(1_000)
  },
)
