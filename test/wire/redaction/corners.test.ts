/** Secrets in corners of dialects, command lines, connection strings and structured values, and texts that only look like them. */
import { inspect } from 'node:util'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { describe, expect, test } from 'vitest'
import { encodeLogRecord } from '../../../src/wire/encode-logs.ts'
import { ProtobufWriter } from '../../../src/wire/protobuf-writer.ts'
import { createMask } from '../../../src/wire/redaction/masked-copy.ts'
import { createRedactor } from '../../../src/wire/redaction/redactor.ts'

const C = 'CANARY7f3a9b'
const redactor = createRedactor()
const mask = createMask(redactor)!

const STATEMENTS: ReadonlyArray<readonly [system: string, statement: string]> = [
  ['mysql', `SELECT 'a\\'${C}' FROM t`],
  ['mysql', `SELECT 'a\\\\' , '${C}'`],
  ['mysql', `SELECT "it\\"s ${C}" x`],
  ['mysql', `SELECT _utf8mb4'${C}'`],
  ['mysql', `SELECT _binary X'aa' , n'${C}'`],
  ['mysql', `SELECT 1 -- ${C}\n, 2`],
  ['mysql', `SELECT 1 # ${C}\n, 2`],
  ['mysql', `/*! SET x='${C}' */ SELECT 1`],
  ['mysql', `INSERT INTO t VALUES ('a' '${C}')`],
  ['mysql', `LOAD DATA INFILE '${C}' INTO TABLE t`],
  ['mysql', `SELECT j->>'$.${C}' FROM t`],
  ['mysql', `SET PASSWORD FOR 'u'@'h' = '${C}'`],
  ['mysql', `CREATE USER u@h IDENTIFIED WITH mysql_native_password BY '${C}'`],
  ['mysql', `CREATE USER u IDENTIFIED WITH x AS '${C}'`],
  ['postgresql', `SELECT E'a\\'${C}'`],
  ['postgresql', `SELECT e'a\\\\' || '${C}'`],
  ['postgresql', `SELECT $fn$ a $$ ${C} $$ $fn$`],
  ['postgresql', `SELECT $tag_1$${C}$tag_1$`],
  ['postgresql', `SELECT $ünï$${C}$ünï$`],
  ['postgresql', `SELECT /* a /* ${C} */ '${C}' */ 1`],
  ['postgresql', `SELECT U&'d\\0061${C}' UESCAPE '!'`],
  ['postgresql', `SELECT * FROM t WHERE a IN ('${C}', '${C}', 3)`],
  ['postgresql', `SELECT * FROM t WHERE a = ANY(ARRAY['${C}'])`],
  ['postgresql', `SELECT * FROM t WHERE j @> '{"a":"${C}"}'::jsonb`],
  ['postgresql', `SELECT j #>> '{${C}}' FROM t`],
  ['postgresql', `SELECT * FROM t WHERE j ? '${C}'`],
  ['postgresql', `SELECT B'101', X'FF', '${C}'::text`],
  ['postgresql', `SELECT 'a'\n'${C}'`],
  ['postgresql', `ALTER ROLE u WITH ENCRYPTED PASSWORD '${C}'`],
  ['postgresql', `COPY t FROM STDIN;\n${C}\t1\n\\.`],
  ['postgresql', `SELECT dblink('host=h password=${C}')`],
  ['postgresql', `SELECT * FROM t WHERE x = 'unterminated ${C}`],
  ['postgresql', `DO $do$ BEGIN PERFORM '${C}'; END $do$`],
  ['postgresql', `SELECT interval '${C}', date '2020-01-01', time with time zone '${C}'`],
  ['postgresql', `NOTIFY ch, '${C}'`],
  ['postgresql', `SET LOCAL app.user = '${C}'`],
  ['postgresql', `EXECUTE p('${C}', 4111111111111111)`],
  ['mssql', `SELECT N'${C}', [col'umn] FROM [t] WHERE x = '${C}'`],
  ['mssql', `SELECT [a]]b] , '${C}'`],
  ['mssql', `EXEC sp_executesql N'select ''${C}''', N'@p int', @p='${C}'`],
  ['mssql', `SELECT "q" = '${C}'`],
  ['mssql', `CREATE LOGIN l WITH PASSWORD = '${C}' MUST_CHANGE`],
  ['mssql', `CREATE LOGIN l WITH PASSWORD = 0x0100CAFE${'ab'.repeat(10)} HASHED`],
  ['mssql', `OPEN SYMMETRIC KEY k DECRYPTION BY PASSWORD = '${C}'`],
  ['oracle.db', `SELECT q'[it's ${C}]' FROM dual`],
  ['oracle.db', `SELECT nq'{${C}'}' , q'!a'${C}!' , Q'(${C})' FROM dual`],
  ['oracle.db', `SELECT q'<${C}'>' , q'X${C}X' FROM dual`],
  ['oracle.db', `ALTER USER u IDENTIFIED BY "${C}"`],
  ['oracle.db', `ALTER USER u IDENTIFIED BY VALUES '${C}'`],
  ['oracle.db', `ALTER USER u IDENTIFIED BY ${C} REPLACE ${C}`],
  ['oracle.db', `CREATE DATABASE LINK l CONNECT TO u IDENTIFIED BY ${C} USING 'x'`],
  ['sqlite', `ATTACH DATABASE 'x' AS y KEY '${C}'`],
  ['sqlite', `INSERT INTO t VALUES ("${C}")`],
  ['sqlite', `PRAGMA hexkey='${C}'`],
  ['clickhouse', `SELECT * FROM s3('u', 'AKIA', '${C}')`],
  ['clickhouse', `INSERT INTO t FORMAT JSONEachRow {"a":"${C}"}`],
  ['clickhouse', `INSERT INTO t FORMAT CSV\n${C},1`],
  ['clickhouse', `SELECT $$${C}$$, $h$${C}$h$`],
  ['mongodb', `{"find":"u","filter":{"$where":"this.a == '${C}'","$in":["${C}",{"$regex":"${C}"}]}}`],
  ['mongodb', `db.users.find({ name: '${C}' })`],
  ['elasticsearch', `{"query":{"match":{"a":"${C}"}}}\n{"index":{}}\n{"a":"${C}"}`],
  ['cassandra', `SELECT * FROM t WHERE a = $$${C}$$ AND b = '${C}' AND c = 0xcafe AND d = 123e4567-e89b-12d3-a456-426614174000`],
  ['snowflake', `SELECT $$${C}$$, 'a\\'${C}'`],
  ['bigquery', `SELECT r"""${C}""", '''it's ${C}'''`],
  ['neo4j', `CREATE (n {a: '${C}', b: "${C}"})`],
  ['redis', `SET k ${C}`], ['redis', `SET k\n${C}`], ['redis', `HELLO 3 AUTH u ${C}`], ['redis', `MIGRATE h 1 k 0 1 AUTH ${C}`], ['redis', `EVAL "return '${C}'" 0`],
  ['redis', `JSON.SET d $ {"a":"${C}"}`], ['redis', `FT.SEARCH i "@a:${C}"`], ['redis', `CONFIG SET requirepass ${C}`], ['redis', `ACL SETUSER u >${C}`], ['redis', `XADD s * f ${C}`],
  ['redis', `BF.ADD k ${C}`], ['redis', `TS.ADD k * 1 LABELS a ${C}`], ['redis', `HSETEX k EX 1 FIELDS 1 f ${C}`], ['redis', `sentinel set m auth-pass ${C}`], ['redis', `AUTH ${C}`],
  ['redis', `GETSET k ${C}`], ['redis', `FCALL f 1 k ${C}`], ['redis', `GEOADD k 1 2 ${C}`], ['redis', `ZADD k 1 ${C}`], ['redis', `SPUBLISH c ${C}`],
  ['gcp.spanner', `SELECT r'a\\\\', '''it's ${C}''', """${C}""", b'${C}'`],
] // biome-ignore format: a table

const VALUES: ReadonlyArray<readonly [key: string, value: unknown]> = [
  ['http.request.header.x-original-url', [`/x?token=${C}`]], ['http.request.header.origin', [`https://u:${C}@h`]], ['http.request.header.link', [`<https://h/?token=${C}>; rel=next`]],
  ['http.request.header.forwarded', [`for=1;path=/x?password=${C}`]], ['http.response.header.refresh', [`0; url=https://h/?code=${C}`]], ['aws.s3.presigned', `https://b.s3.amazonaws.com/k?X-Amz-Signature=${C}`],
  ['messaging.url', `amqps://u:${C}@h/v`], ['peer', `mongodb+srv://u:${C}@h1,h2/db`], ['db.connection_string', `Server=h;Uid=sa;Pwd=${C};`], ['db.connection_string', `host=h password='${C}' user=u`],
  ['jdbc', `jdbc:postgresql://h/db?user=u&password=${C}`], ['jdbc', `jdbc:oracle:thin:u/${C}@h:1521/x`], ['jdbc', `jdbc:sqlserver://h;user=sa;password={${C}};x=1`], ['conn', `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${C}==;EndpointSuffix=x`],
  ['conn', `Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=${C}=`], ['sas', `https://a.blob.core.windows.net/c?sv=1&sig=${C}&se=2`], ['dsn', `https://${C}@api.uptrace.dev/1`], ['dsn', `https://${C}@o1.ingest.sentry.io/1`],
  ['smtp', `smtps://u%40x:${C}@mail`], ['ldap', `ldap://cn=a:${C}@h`], ['note', `git clone https://x-access-token:${C}@github.com/a/b`], ['note', `ftp://u:${C}@h/x failed`],
  ['process.command_args', ['node', 'a.js', '-p', 'x', '--db-password', C]], ['process.command_args', ['node', 'a.js', `--api-key=${C}`, '--header', `Authorization: Bearer ${C}`]], ['process.command_line', `psql "host=h password=${C}"`],
  ['process.command_line', `PGPASSWORD=${C} psql -h h`], ['process.command_line', `docker login -u a -p ${C}`], ['process.command_line', `curl -H 'X-Api-Key: ${C}' https://h`], ['process.command_line', `curl --user a:${C} h`], ['process.command_line', `wget --password=${C} x`],
  ['process.command_line', `openssl enc -pass pass:${C}`], ['process.command_line', `mongo -u a --password '${C}'`], ['process.command_line', `curl --proxy-user a:${C} h`], ['process.command_line', `curl --oauth2-bearer ${C} h`], ['process.command_line', `aws configure set aws_secret_access_key ${C}`], ['process.command_line', `npm config set //r/:_authToken=${C}`], ['process.command_line', `npm config set //r/:_authToken ${C}`],['process.command_line', `vault write x token=${C}`], ['process.command_line', `kubectl create secret generic s --from-literal=password=${C}`],
  ['note', `export API_TOKEN=${C}`], ['note', `$env:SECRET = "${C}"`], ['note', `set PASSWORD=${C}`], ['note', `machine h login u password ${C}`], ['note', `api_key => '${C}'`], ['note', `"api_key" => "${C}"`], ['note', `:token=>"${C}"`],
  ['note', `passwd = """${C}"""`], ['note', `Password := "${C}"`], ['note', `setPassword("${C}")`], ['note', `login('u', password='${C}')`], ['note', `<add key="ApiKey" value="${C}" />`], ['note', `<property name="password">${C}</property>`], ['note', `<apiKey>${C}</apiKey>`], ['note', `{"key":"password","value":"${C}"}`], ['note', `{"k":"x","password":["${C}","${C}"]}`], ['note', `{"password":{"value":"${C}"}}`], ['note', `password%3D${C}%26x`], ['note', `token\\u003d${C}`],
  ['note', `Proxy-Authorization: Basic ${C}`], ['note', `authorization=Token ${C}`], ['note', `Authorization: ApiKey ${C}`], ['note', `Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=h, Signature=${C}`], ['note', `x-amz-security-token:${C}`], ['note', `Cookie: a=1; sid=${C}`], ['note', `set-cookie=${C}`],
  ['note', `JSESSIONID=${C}; Path=/`], ['note', `PHPSESSID=${C}`], ['note', `connect.sid=${C}`], ['note', `OTP: ${C}`], ['note', `client_secret:${C},x`],
  ['body', { user: { Password: C } }], ['body', new Map<string, unknown>([['a', new Map([['token', C]])]])], ['body', new Set([{ password: C }])], ['password', new Uint8Array(Buffer.from(C))], ['body', { token: Buffer.from(C) }], ['body', { password: [C, [C]] }], ['body', [['Authorization', C]]], ['body', Object.assign(new Error('x'), { config: { headers: { Authorization: C } } })], ['body', new AggregateError([new Error(`password=${C}`)], 'all')], ['body', new Error('x', { cause: new Error(`token: ${C}`) })], ['body', new Headers({ authorization: C })], ['body', new URLSearchParams({ token: C })], ['body', new Request(`http://h/?token=${C}`)], ['body', { toJSON: () => ({ password: C }) }], ['body', new Date()], ['body', Object.assign(Object.create({}), { secretKey: { a: { b: C } } })], ['body', { password: new String(C) }], ['body', { password: { toString: () => C } }], ['body', { password: 123456789 }], ['body', JSON.stringify({ a: JSON.stringify({ password: C }) })], ['body', new WeakMap()], ['body', { secret: () => C }],
] // biome-ignore format: a table

const HARMLESS_TEXTS = [
  'config set log_level debug', 'git config --global user.name ann', 'npm config set registry https://r.example/', 'configure the token endpoint', 'aws configure set region eu-central-1',
  'login failed for user ann', 'login u password wrong', 'setPasswordPolicy("strict")', 'getToken("users")', 'validateToken("next")', 'keyof("name")', 'hash("abc")', 'setKey("name")', 'setToken("access")',
  '<property name="color">red</property>', '<property name="tokenizer">bpe</property>', '<a name="top">x</a>', 'page%3D2%26sort%3Dname', 'a\\u003d1\\u0026b\\u003d2', 'jdbc:oracle:thin:@h:1521/x', 'jdbc:oracle:thin:@//h:1521/x', 'jdbc:postgresql://h:5432/db?ssl=true', 'https://h/a%3Db?c=d',
  'node:internal/modules/cjs/loader:1148', 'Error: ENOENT: no such file, open \'/app/secrets/key.pem\'', 'a token bucket of 10', 'password_policy: strict', 'tokens: ["a","b"]', 'SASL: SCRAM-SERVER-FIRST-MESSAGE', 'at Token.verify (/app/token.js:1:2)', 'publicKeyPath=/etc/k.pem', 'keys: id, name', 'author: ann', 'authored_by=ann', 'session timeout: 30', 'session opened', 'pinned: true', 'spin=3', 'code: 200', 'exit code: 1', 'signature: (a, b) => void', 'cookieless: yes', 'oauth provider: github', 'auth: none', 'token_count=7', 'passthrough=on', 'compass: north', 'bypass=1', 'pass: 12, fail: 0', 'passed=3', 'key: value', 'primary key: id', 'monkey: 3', 'tokenizer: bpe', 'secretary: bob', 'keywords: a, b', 'csrf protection: on', 'jwt library: jose', 'Basic usage of the API', 'bearer of news', 'hook: postinstall', 'https://hooks.example.com/a',
] // biome-ignore format: a table

const HARMLESS_STATEMENTS: ReadonlyArray<readonly [system: string, statement: string]> = [
 ['postgresql','SELECT a::text, b->c, d #> $1 FROM "T" WHERE x ? $2 AND y ?| $3'], ['postgresql','SELECT $1::int, $2'], ['mysql','SELECT `a b`, t.`c` FROM `d` WHERE e = ?'], ['mssql','SELECT [a b], [c]]d] FROM [dbo].[t] WHERE x = @p1'], ['oracle.db','SELECT "A" FROM dual WHERE b = :1 AND c = :name'], ['clickhouse','SELECT a FROM t FORMAT JSON'], ['clickhouse', 'SELECT {a:UInt8}'], ['gcp.spanner','SELECT `a` FROM `p.d.t` WHERE b = @c'], ['bigquery', 'SELECT a FROM `p.d.t` WHERE x = @y'], ['sqlite','SELECT "a" FROM [t] WHERE b = ?1'], ['postgresql','COPY t FROM STDIN'], ['postgresql', 'COPY (SELECT a FROM t) TO STDOUT'], ['mysql', 'INSERT INTO t SELECT date_format(a, ?) FROM b'], ['postgresql', 'EXPLAIN (FORMAT json) SELECT a FROM t'], ['clickhouse', 'INSERT INTO t FORMAT JSONEachRow'], ['redis', 'GET user:17'], ['redis', 'HGETALL cart:9'], ['postgresql', 'SELECT a1, b2 FROM t3'], ['neo4j', 'MATCH (n:User {id: $id}) RETURN n'],
] // biome-ignore format: a table

test.for(STATEMENTS)('%s: %j', ([system, statement]) => {
  expect(redactor.forSystem(system).leaf('db.query.text', statement)).not.toContain(C)
})

describe('in a log record, and printed', () => {
  test.for(VALUES.map(([key, value], index) => [index, key, value] as const))('%i %s %s', ([, key, value]) => {
    expect(hidden(recordOf(key, value).toString('latin1'))).toBe(true)
    expect(hidden(inspect(mask(key, value, undefined), { depth: 20 }))).toBe(true)
  })
})

test.for(HARMLESS_TEXTS)('unchanged: %s', (text) => {
  expect(redactor.leaf('note', text)).toBe(text)
})

test.for(HARMLESS_STATEMENTS)('unchanged of %s: %s', ([system, statement]) => {
  expect(redactor.forSystem(system).leaf('db.query.text', statement)).toBe(statement)
})

/** As text, as the numbers of its bytes, and in base64. */
function hidden(output: string): boolean {
  const bytes = Buffer.from(C)
  return [C, [...bytes].join(', '), bytes.toString('hex'), bytes.toString('base64').slice(0, 12)].every(
    (form) => !output.includes(form),
  )
}

function recordOf(key: string, value: unknown): Buffer {
  const writer = new ProtobufWriter()
  const record = { hrTime: [1, 1], hrTimeObserved: [1, 1], attributes: { [key]: value }, body: { [key]: value } }
  encodeLogRecord(writer, record as unknown as ReadableLogRecord)
  return Buffer.from(writer.written())
}
