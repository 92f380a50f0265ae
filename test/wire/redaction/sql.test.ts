/** Literals leave a statement, everything else stays; the table is by dialect. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskCommand } from '../../../src/wire/redaction/command.ts'
import { maskDatabaseMessage } from '../../../src/wire/redaction/database-message.ts'
import { maskJsonValues } from '../../../src/wire/redaction/json-values.ts'
import { sanitizeSql } from '../../../src/wire/redaction/sql.ts'
import type { SqlFamily } from '../../../src/wire/redaction/sql-tokens.ts'

test.for<[SqlFamily, string, string]>([
  ['other', "SELECT * FROM t WHERE a = 'x'", 'SELECT * FROM t WHERE a = ?'],
  ['other', "SELECT 'it''s', 'b'", 'SELECT ?, ?'],
  ['other', "SELECT ''", 'SELECT ?'],
  ['other', 'SELECT 1, -2.5, .5, 1e-9, 0xFF, 1_000 FROM t1', 'SELECT ?, -?, ?, ?, ?, ? FROM t1'],
  ['other', "SELECT X'1F', x'00', B'01', N'text', E'a\\'b', U&'d\\0061t'", 'SELECT ?, ?, ?, ?, ?, ?'],
  ['other', 'SELECT a1, "b2", c_3 FROM t4.u5', 'SELECT a1, "b2", c_3 FROM t4.u5'],
  ['other', "SELECT * FROM t WHERE a IN (1, 2, 'x')", 'SELECT * FROM t WHERE a IN (?)'],
  ['other', "SELECT * FROM t WHERE a in(-1,+2) AND b NOT IN ('x')", 'SELECT * FROM t WHERE a in(?) AND b NOT IN (?)'],
  ['other', 'SELECT * FROM t WHERE a IN (SELECT 1 FROM u)', 'SELECT * FROM t WHERE a IN (SELECT ? FROM u)'],
  [
    'other',
    "INSERT INTO t VALUES (1, 'a'); DELETE FROM u WHERE id = 7",
    'INSERT INTO t VALUES (?, ?); DELETE FROM u WHERE id = ?',
  ],
  ['other', "SELECT 'never closed", 'SELECT ?'],
  ['other', "SELECT 1 -- it's\nFROM t", 'SELECT ?  \nFROM t'.replace('  ', ' ')],
  ['other', "SELECT/* it's */1 FROM t /* end", 'SELECT ? FROM t '],
  ['other', "SELECT 'a\\' AND b = 'secret'", 'SELECT ?'],
  ['other', "SELECT DATE '2020-01-01', INTERVAL '1 day'", 'SELECT DATE ?, INTERVAL ?'],
  ['postgresql', "SELECT $1, $2::int4, $tag$it's$tag$, $$x$$, E'\\'y', 'c:\\'", 'SELECT $1, $2::int4, ?, ?, ?, ?'],
  ['postgresql', "SELECT data->>'key', data @> '{\"a\":1}', ARRAY[1,2]", 'SELECT data->>?, data @> ?, ARRAY[?,?]'],
  ['postgresql', "SELECT 1 /* a /* b */ 'c' */ , 2", 'SELECT ?  , ?'],
  ['postgresql', 'SELECT "col""umn", a#b, 5--x', 'SELECT "col""umn", a#b, ?'],
  ['postgresql', "SELECT '\\' || 'secret'", 'SELECT ? || ?'],
  ['mysql', 'SELECT "it\'s", \'a\\\'b\', `c1`, "x""y"', 'SELECT ?, ?, `c1`, ?'],
  ['mysql', "SELECT _utf8'x', 1--2 # it's\n, 3", 'SELECT ?, ?--? \n, ?'],
  ['mysql', "SELECT * FROM t WHERE a = ? AND b = 'x' -- bye", 'SELECT * FROM t WHERE a = ? AND b = ? '],
  [
    'mssql',
    "SELECT [it's], @p1, #tmp.x FROM [a b] WHERE c = N'x'",
    "SELECT [it's], @p1, #tmp.x FROM [a b] WHERE c = ?",
  ],
  ['sqlite', "SELECT 'c:\\', ?1, :name, @id, $v FROM t", 'SELECT ?, ?1, :name, @id, $v FROM t'],
  // a doubled bracket is part of the name, and an amount of money is a number
  ['mssql', "SELECT [a]]'b], $12.50, $x FROM t WHERE c = 'x'", "SELECT [a]]'b], ?, $x FROM t WHERE c = ?"],
  ['postgresql', 'SELECT $1$$x$$', 'SELECT $1?'],
  ['postgresql', `SELECT "a", "cut 'off`, 'SELECT "a", ?'],
  ['other', 'SELECT 1 /* a /* b */ c */ FROM t', 'SELECT ?  FROM t'],
  // texts in double quotes where the dialect takes them for values if they are no names
  [
    'sqlite',
    'SELECT * FROM t WHERE a = "x" AND b LIKE "%y" AND c IN ("z", "w")',
    'SELECT * FROM t WHERE a = ? AND b LIKE ? AND c IN (?)',
  ],
  [
    'sqlite',
    'INSERT INTO "t" ("a", "b") VALUES ("x", 1), ("y", 2) RETURNING "a"',
    'INSERT INTO "t" ("a", "b") VALUES (?, ?), (?, ?) RETURNING "a"',
  ],
  [
    'sqlite',
    'select "a"."id" from "a" join "b" on "a"."id" = "b"."a" where "a"."n" = ?',
    'select "a"."id" from "a" join "b" on "a"."id" = "b"."a" where "a"."n" = ?',
  ],
  ['other', 'MATCH (n:User {name: "x"}) WHERE n.age > 3 RETURN n', 'MATCH (n:User {name: ?}) WHERE n.age > ? RETURN n'],
  ['postgresql', 'SELECT "a" = "b" FROM "t" WHERE "c" IN ("d")', 'SELECT "a" = "b" FROM "t" WHERE "c" IN ("d")'],
  // passwords, keys and settings without quotes
  [
    'oracle',
    'ALTER USER u IDENTIFIED BY hunter2 REPLACE "old one" ACCOUNT UNLOCK',
    'ALTER USER u IDENTIFIED BY ? REPLACE ? ACCOUNT UNLOCK',
  ],
  [
    'oracle',
    'CREATE DATABASE LINK l CONNECT TO u IDENTIFIED BY "x" USING \'db\'',
    'CREATE DATABASE LINK l CONNECT TO u IDENTIFIED BY ? USING ?',
  ],
  ['sqlite', `PRAGMA key = "x'2DD2'"`, 'PRAGMA key = ?'],
  ['sqlite', 'PRAGMA rekey = hunter2; PRAGMA foreign_keys = ON', 'PRAGMA rekey = ?; PRAGMA foreign_keys = ON'],
  ['sqlite', 'ATTACH DATABASE \'x.db\' AS y KEY "k"', 'ATTACH DATABASE ? AS y KEY ?'],
  ['postgresql', 'SET app.user TO ann', 'SET app.user TO ?'],
  ['postgresql', 'SET search_path TO public', 'SET search_path TO public'],
  ['oracle', "SELECT q'[it's]', nq'{x}', v$session.sid, :1 FROM dual", 'SELECT ?, ?, v$session.sid, :1 FROM dual'],
])('%s: %s', ([family, text, expected]) => {
  expect(sanitizeSql(text, family)).toBe(expected)
})

test.for([
  'SELECT * FROM users WHERE id = $1 AND name = $2',
  'SELECT * FROM users WHERE id IN (?, ?, ?)',
  'INSERT INTO t (a, b) VALUES (:a, :b)',
  'select "users"."id", "t2"."x1" from "users" left join "t2" on "t2"."user_id" = "users"."id"',
  'SELECT count(*) FROM t WHERE deleted_at IS NULL AND active = TRUE',
  'BEGIN; COMMIT',
  'SELECT a::text, b FROM s.t1 AS x ORDER BY a DESC',
])('parameters and names stay: %s', (text) => {
  expect(sanitizeSql(text, 'postgresql')).toBe(text)
})

test('no literal of a random statement stays, in any dialect', () => {
  const literal = fc.string({ unit: fc.constantFrom('a', "''", ' ', '(', '--', '/*', '"', '`', '$$', 'é', '\n') })
  const families: SqlFamily[] = ['postgresql', 'mysql', 'mssql', 'sqlite', 'oracle', 'other']
  fc.assert(
    fc.property(fc.array(literal, { minLength: 1, maxLength: 5 }), fc.constantFrom(...families), (texts, family) => {
      const statement = `SELECT a FROM t WHERE ${texts.map((text, index) => `c${index} = 'SECRET${text}SECRET'`).join(' AND ')} ORDER BY a`
      const safe = sanitizeSql(statement, family)
      expect(safe).not.toContain('SECRET')
      expect(safe).toBe(`SELECT a FROM t WHERE ${texts.map((_, index) => `c${index} = ?`).join(' AND ')} ORDER BY a`)
    }),
  )
})

test.for([
  ['SET user:17 hunter2', 'SET user:17 ?'],
  ['PING hunter2', 'PING ?'],
  ['SETEX k 10 v', 'SETEX k 10 ?'],
  ['MSET a 1 b 2', 'MSET a ?'],
  ['HSET h f v', 'HSET h f ?'],
  ['hmset h f [2 other arguments]', 'hmset h f [2 other arguments]'],
  ['set k [1 other arguments]', 'set k [1 other arguments]'],
  ['AUTH hunter2', 'AUTH ?'],
  ['AUTH default hunter2', 'AUTH ?'],
  ['HELLO 3 AUTH default hunter2', 'HELLO ?'],
  ["EVAL return redis.call('SET', KEYS[1], 'x') 1 k secret", 'EVAL ?'],
  ['EVALSHA abc 1 k secret', 'EVALSHA ?'],
  ['CONFIG SET requirepass hunter2', 'CONFIG SET ?'],
  ['CONFIG GET maxmemory', 'CONFIG GET maxmemory'],
  ['ACL SETUSER bob >hunter2', 'ACL SETUSER ?'],
  ['SCRIPT LOAD return 1', 'SCRIPT LOAD ?'],
  ['GET user:17', 'GET user:17'],
  ['del a b c', 'del a b c'],
  ['LPUSH list v1 v2', 'LPUSH list ?'],
  ['PUBLISH channel message', 'PUBLISH channel ?'],
  ['MIGRATE h 1 k 0 1 AUTH pw', 'MIGRATE ?'],
  ['INCR counter', 'INCR counter'],
  ['PING', 'PING'],
  ['', ''],
])('command %s', ([text, expected]) => {
  expect(maskCommand(text!)).toBe(expected)
})

test('values of a JSON query', () => {
  expect(maskJsonValues('{"find":"users","filter":{"age":{"$gt": 18},"ok":true,"n":null,"x":[1,"a"]}}')).toBe(
    '{"find":"?","filter":{"age":{"$gt": ?},"ok":true,"n":null,"x":[?,"?"]}}',
  )
  expect(maskJsonValues('{"a":"cut \\" of')).toBe('{"a":"?"')
  expect(maskJsonValues('{a: ?, b: "?"}')).toBe('{a: ?, b: "?"}')
})

test.for<[SqlFamily | undefined, string, string]>([
  [undefined, 'Key (email)=(a@b.example) already exists.', 'Key (email)=(?) already exists.'],
  [undefined, 'Key (lower(email::text))=(a(b)@c) already exists.', 'Key (lower(email::text))=(?) already exists.'],
  [undefined, 'Failing row contains (1, secret, null).', 'Failing row contains (?).'],
  [undefined, "Duplicate entry 'it's me' for key 'users.email'", "Duplicate entry '?' for key 'users.email'"],
  [undefined, 'invalid input syntax for type integer: "hunter2"', 'invalid input syntax for type integer: "?"'],
  [
    undefined,
    'E11000 duplicate key error collection: d.users index: email_1 dup key: { email: "a@b.c" }',
    'E11000 duplicate key error collection: d.users index: email_1 dup key: { ? }',
  ],
  [
    undefined,
    'insert into "users" ("email") values (\'secret\') - duplicate key value violates unique constraint "users_email_key"',
    'insert into "users" ("email") values (?) - duplicate key value violates unique constraint "users_email_key"',
  ],
  ['postgresql', 'syntax error at or near "hunter2"', 'syntax error at or near "?"'],
  ['postgresql', 'relation "users" does not exist', 'relation "users" does not exist'],
  [
    'postgresql',
    'duplicate key value violates unique constraint "users_email_key"',
    'duplicate key value violates unique constraint "users_email_key"',
  ],
  ['postgresql', 'value "99999999999" is out of range for type integer', 'value "?" is out of range for type integer'],
  ['mysql', "Unknown column 'nme' in 'field list'", "Unknown column 'nme' in 'field list'"],
  [
    'mysql',
    "Incorrect integer value: 'hunter2' for column 'age' at row 1",
    "Incorrect integer value: '?' for column 'age' at row 1",
  ],
  [
    'mysql',
    "You have an error in your SQL syntax near 'x = 'hunter2' AND' at line 1",
    "You have an error in your SQL syntax near '?' at line 1",
  ],
  ['mysql', "Table 'd.users' doesn't exist", "Table 'd.users' doesn't exist"],
  [
    'mssql',
    "Conversion failed when converting the varchar value 'hunter2' to data type int.",
    "Conversion failed when converting the varchar value '?' to data type int.",
  ],
  ['sqlite', 'UNIQUE constraint failed: users.email', 'UNIQUE constraint failed: users.email'],
  [
    undefined,
    "Cannot read properties of undefined (reading 'foo')",
    "Cannot read properties of undefined (reading 'foo')",
  ],
])('%s message: %s', ([family, text, expected]) => {
  expect(maskDatabaseMessage(text, family)).toBe(expected)
  expect(maskDatabaseMessage(`Error: ${text}\n    at f (/a/b.js:1:2)`, family)).toMatch(
    /\n {4}at f \(\/a\/b\.js:1:2\)$/,
  )
})
