/** No planted secret is in the encoded bytes of any signal, in any place; and what only looks like one arrives as it was. */
import { SpanKind, TraceFlags } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { MetricData } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { describe, expect, test } from 'vitest'
import { encodeLogRecord } from '../../../src/wire/encode-logs.ts'
import { encodeMetric } from '../../../src/wire/encode-metrics.ts'
import { encodeRequest } from '../../../src/wire/encode-request.ts'
import { encodeSpan } from '../../../src/wire/encode-traces.ts'
import { ProtobufWriter } from '../../../src/wire/protobuf-writer.ts'
import { createRedactor } from '../../../src/wire/redaction/redactor.ts'
import { attributesOf, decodeRequest, itemsOf } from '../proto/otlp.ts'

const C = 'CANARY7f3a9b'
const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ${C}In0.${C}abcdef`
const KEY = 'REDACTED'

/** Of an attribute: key and value, which must not hold the canary when it is sent. */
const ATTRIBUTES: ReadonlyArray<readonly [key: string, value: unknown]> = [
  ...['token', 'password', 'passwd', 'pwd', 'pass', 'passphrase', 'secret', 'api_key', 'apikey', 'apiKey', 'api-key', 'access_token', 'accessToken',
    'refresh_token', 'id_token', 'client_secret', 'code', 'session_id', 'sessionid', 'JSESSIONID', 'sig', 'sign', 'signed', 'signature', 'X-Amz-Signature',
    'X-Amz-Credential', 'X-Amz-Security-Token', 'X-Goog-Signature', 'X-Goog-Credential', 'AWSAccessKeyId', 'Signature', 'auth', 'auth_token', 'authorization',
    'authentication', 'jwt', 'otp', 'private_key', 'public_key', 'access_key', 'secret_key', 'secret_key_id', 'consumer_secret', 'csrf_token', 'xsrf',
    'SAMLResponse', 'user[password]', 'access%5Ftoken', 'passw%6Frd', 'X-Api-Key', 'code_verifier', 'client_assertion', 'reset_token', 'pin', 'credential',
  ].map((name): [string, string] => ['url.full', `https://shop.example/a/b?page=2&${name}=${C}&x=1#top`]),
  ['url.query', `token=${C}&x=1`],
  ['url.query', `a=1&code=${C}`],
  ['url.query', `state=${C}abcdefgh1`],
  ['url.path', `/callback;jsessionid=${C}`],
  ['url.path', `/reset/${JWT}`],
  ['http.url', `http://user:${C}@host/`],
  ['http.url', `http://${C}@host/`],
  ['http.url', `postgres://u:p/${C}@db/x`],
  ['http.target', `/x?password=${C}`],
  ['http.request.header.referer', [`https://a.example/?access_token=${C}`]],
  ['http.response.header.location', `/cb#access_token=${C}&token_type=bearer`],
  ['url.full', `https://a.example/login?next=https%3A%2F%2Fb.example%2F%3Ftoken%3D${C}`],
  ['url.full', `https://a.example/login?next=https%253A%252F%252Fb.example%252F%253Ftoken%253D${C}`],
  ['http.request.header.authorization', [`Bearer ${C}`]],
  ['http.request.header.cookie', [`sid=${C}`]],
  ['http.response.header.set-cookie', [`sid=${C}; Path=/`]],
  ['http.response.header.set_cookie', [`sid=${C}; Path=/`]],
  ['http.request.header.proxy-authorization', C],
  ['http.request.header.x-api-key', [C]],
  ['http.request.header.x-auth-token', [C]],
  ['http.request.header.x-forwarded-uri', [`/x?token=${C}`]],
  ['rpc.grpc.request.metadata.authorization', [C]],
  ['db.query.text', `SELECT * FROM t WHERE a = '${C}'`],
  ['db.statement', `INSERT INTO t VALUES ("a", E'${C}\\'${C}')`],
  ['db.query.text', `{"find":"users","filter":{"name":"${C}"}}`],
  ['sql', `UPDATE users SET password = '${C}'`],
  ['user.password', C],
  ['dbPassword', C],
  ['DB_PASSWORD', C],
  ['PGPASSWORD', C],
  ['passwordHash', C],
  ['password_confirmation', C],
  ['newPassword2', C],
  ['Authorization', C],
  ['x-api-key', C],
  ['clientSecret', C],
  ['webhook_secret_v2', C],
  ['ssh_key', C],
  ['private_key_pem', C],
  ['stripe.secret_key', C],
  ['aws_secret_access_key', C],
  ['session_id', C],
  ['credit_card', { number: C, type: 'visa' }],
  ['cardNumber', C],
  ['cvv', C],
  ['cookies', { sid: C }],
  ['req', { headers: { cookie: C, Authorization: `Bearer ${C}`, host: 'h' } }],
  ['req', { rawHeaders: ['Host', 'h', 'Cookie', C, 'X-Api-Key', C] }],
  ['headers', [['host', 'h'], ['cookie', C]]],
  ['headers', [{ name: 'cookie', value: C }, { key: 'X-Api-Key', value: C }]],
  ['command', { name: 'AUTH', args: ['user', C] }], ['command', { name: 'config', args: ['SET', 'requirepass', C] }],
  ['command', { name: 'hello', args: ['3', 'AUTH', 'user', C] }], ['command', { name: 'acl', args: ['SETUSER', 'u', `>${C}`] }],
  ['headers', new Map([['authorization', C]])],
  ['deep', { a: [{ b: { user: { passwd: C } } }] }],
  ['credentials', Buffer.from(C)],
  ['config', { url: new URL(`https://u:${C}@h/?token=${C}`), form: new URLSearchParams(`a=1&password=${C}`) }],
  ['argv', ['node', 'x.js', '--password', C, `--token=${C}`]],
  ['cause', new Error(`refused: password=${C}`)],
  ['note', `authorization: Bearer ${C}`],
  ['note', `curl -H "Authorization: Basic ${C}=="`],
  ['note', `got Bearer ${C}`],
  ['note', `GET /x?api_key=${C}&y=1 HTTP/1.1`],
  ['note', `{"user":{"password":"${C}","id":7}}`],
  ['note', `{\\"password\\":\\"${C}\\"}`],
  ['note', `{"password": "a \\" ${C}"}`],
  ['note', `{ password: '${C}', id: 7 }`],
  ['note', `Set-Cookie: sid=${C}; HttpOnly`],
  ['note', `"cookies":{"sid":"${C}","x":{"y":"${C}"}}`],
  ['note', `Server=h;User Id=sa;Password=${C};AccountKey=${C}==`],
  ['note', `mysql --password ${C} -h localhost`],
  ['note', `token: ${JWT}`],
  ['note', `see ${JWT}.`],
  ['note', `redis://:${C}@cache:6379/0 refused`],
  ['note', `-----BEGIN RSA PRIVATE KEY-----\n${C}\n-----END RSA PRIVATE KEY-----`],
  ['note', `{:password => "${C}"}`],
  ['note', `Authorization: Digest username="u", response="${C}"`],
  ['note', `secret = ${C}`],
  ['note', `code=${C}&state=1`],
  ['note', `Key (email)=(${C}) already exists.`],
  ['note', `Duplicate entry '${C}' for key 'users.email'`],
  ['note', `Error: invalid input syntax for type uuid: "${C}"`],
  ...['pw', 'session', 'sess', 'two_factor_code', 'id_token_hint', 'x-functions-key', 'passkey', 'secret_key_base', 'CASTGC', 'magic_link']
    .map((name): [string, string] => ['url.full', `https://h/a?x=1&${name}=${C}`]),
  ['url.query', `key=${C}abcdefgh1&x=1`],
  ['http.url', `//user:${C}@host/x`],
  ['url.full', `https://h/?data=${encodeURIComponent(JSON.stringify({ password: C }))}&x=1`],
  ['url.full', `https://h/?data=${encodeURIComponent(encodeURIComponent(JSON.stringify({ password: C })))}`],
  ['url.full', `https://h/?data={"token":"${C}"}`],
  ['url.full', `https://hooks.slack.com/services/T0/B0/${C}`],
  ['url.path', `hooks.slack.com/services/T0/B0/${C}`],
  ['url.full', `https://discord.com/api/webhooks/123/${C}`],
  ['url.full', `https://api.telegram.org/bot123:${C}/sendMessage`],
  ['url.full', `https://x.webhook.office.com/webhookb2/${C}`],
  ['note', `POST https://hooks.slack.com/services/T0/B0/${C} failed`],
  ['note', `GET /x?token="${C}" failed`],
  ['note', `API key: ${C}`],
  ['note', `pw: ${C}`],
  ['note', `the secret access key = ${C}`],
  ['note', `session id: ${C}`],
  ['note', `credit card number: ${C}`],
  ['note', `login(password: """${C}""")`],
  ['note', `with password '${C}'`],
  ['note', `password was "${C}"`],
  ['note', `the token "${C}" has expired`],
  ['note', `{"headers":[{"name":"Authorization","value":"${C}"}]}`],
  ['note', `{\\"name\\":\\"cookie\\",\\"value\\":\\"${C}\\"}`],
  ['note', `[ { name: 'cookie', value: '${C}' } ]`],
  ['note', `<input name="password" value="${C}">`],
  ['note', `<wsse:Password Type="text">${C}</wsse:Password>`],
  ['note', `<password><![CDATA[${C}]]></password>`],
  ['note', `curl -s -u ann:${C} https://h/`],
  ['note', `mysql -u root -p${C} shop`],
  ['note', `sshpass -p ${C} ssh h`],
  ['note', `redis-cli -a ${C} PING`],
  ['note', `-password ${C}`],
  ['db.query.text', `PRAGMA key = "${C}"`],
  ['db.query.text', `ALTER USER u IDENTIFIED BY ${C}`],
  ['db.query.text', `MATCH (n {name: "${C}"}) RETURN n`],
] // biome-ignore format: a table

const TOKENS = [
  'ghp_0123456789abcdefghijABCDEFGHIJ012345', 'github_pat_0123456789abcdefghij', 'glpat-0123456789abcdefghij', 'xoxb-0123456789-abcdef', 'AKIAIOSFODNN7EXAMPLE',
  'sk_live_0123456789abcdef', 'sk-proj-0123456789abcdefghij', 'AIzaSyA0123456789abcdefghijklmnopqrstuv', 'npm_0123456789abcdefghijABCDEF',
  'ya29.A0ARrdaM-123456789abcdefghij', 'GOCSPX-0123456789abcdefghij', 'shpat_0123456789abcdef01234567', 'dckr_pat_0123456789abcdefg', 'pypi-0123456789abcdefghijklmnop',
  'sq0atp-0123456789abcdefghij', 'hvs.CAESIJ123456789abcdefghij', 'glsa_0123456789abcdefghijklmn',
] // biome-ignore format: a table

const HARMLESS: ReadonlyArray<readonly [key: string, value: unknown]> = [
  ['gen_ai.usage.output_tokens', 512], ['gen_ai.usage.input_tokens', 7], ['tokens_used', 'many'], ['max_tokens', 100], ['token_count', 3], ['tokenize', 'yes'],
  ['tokenizer', 'bpe'], ['author', 'Ann'], ['authority', 'h:80'], ['authenticated', true], ['password_reset', 'sent'], ['passwordLength', 12],
  ['secretary', 'Bob'], ['secret_name', 'db-main'], ['cookie_consent', 'yes'], ['compass', 'north'], ['passenger', 'Ann'], ['bypass', 'no'],
  ['session.id', '0123456789abcdef'], ['token_type', 'Bearer'], ['code', 'ECONNREFUSED'], ['error.code', '42P01'], ['country_code', 'de'], ['state', 'open'],
  ['key', 'value'], ['primary_key', 'id'], ['keyboard', 'us'], ['design', 'flat'], ['signal', 'SIGTERM'], ['pinned', 'yes'], ['spinning', 'no'],
  ['password', ''], ['password', '[Redacted]'], ['password', true], ['token', 42], ['pwd', '/home/app'], ['signature', 'f(a, b)'], ['auth', 'basic'],
  ['url.full', 'https://shop.example/a?page=2&sort=name&tokenize=1&author=ann&q=a%20b'], ['url.full', 'https://shop.example/sig/token/password'],
  ['url.full', 'https://h/?country_code=de&zip_code=1&state=open&design=x&keyword=y'], ['url.path', '/users/17/password'], ['url.query', 'q=eyJ&x=%3D'],
  ['url.full', 'http://[::1]:8080/x'], ['url.full', 'http://h:8080/@scope/pkg'], ['http.target', '/search?q=a:b@c'], ['url.query', 'next=%2Fhome%3Fpage%3D2'],
  ['db.query.text', 'SELECT * FROM users WHERE id = $1'], ['db.query.text', 'select "id" from "users" where "email" = ?'], ['db.query.text', 'GET user:17'],
  ['note', 'Unexpected token } in JSON at position 5'], ['note', 'Unexpected token: }'], ['note', 'password: must be at least 8 characters'],
  ['note', 'token: expected a string'], ['note', 'Basic authentication is required'], ['note', 'bearer token is missing'], ['note', 'the password is wrong'],
  ['note', 'tokens: 12, time=3ms, path: /a/b'], ['note', 'matches /sig/ and /token/'], ['note', 'keyJsonSchemaValidator.validateEverything(x)'],
  ['note', 'code=1 b=2; c: d'], ['note', 'at Object.<anonymous> (/app/token.js:10:5)'], ['note', 'https://example.com/a?b=c#d'], ['note', 'user@example.com: hi'],
  ['note', "Cannot read properties of undefined (reading 'token')"], ['note', 'auth: ok, pass: 3, fail: 2'], ['note', 'file:///app/node_modules/secret/index.js:1:2'],
  ['note', '2024-01-01T10:00:00Z level=info msg="started" port=80'], ['note', 'node --test-timeout 10 --tokens x'], ['note', 'session started: true'],
  ['note', 'eyJ'],
  ['note', "Unexpected token 'export'"], ['note', 'Unexpected token \'<\', "<!DOCTYPE "... is not valid JSON'], ['note', 'password "must not be empty"'],
  ['note', "missing secret 'name'"], ['note', 'primary key: id'], ['note', 'status code: 404'], ['note', 'user id: 17, order number: 5'], ['note', 'message id: a'],
  ['note', '<title>password</title>'], ['note', '<p>Secret: see docs</p>'], ['note', '<author>Ann</author>'], ['note', '{"name":"color","value":"red"}'],
  ['note', 'docker run -u 1000:1000 img'], ['note', 'curl -u https://h'], ['note', 'ls -l -p'], ['note', 'grep -a token'], ['note', 'mysql -u root -h h'],
  ['note', '//TODO:fix@home'], ['note', 'csrf: protected'], ['note', 'token "identifier" expected'], ['url.full', '//cdn.example/x.js'],
  ['url.full', 'https://h/?session_type=web&sessions=3&key=name&sort_key=price&private=true&verify=1'], ['url.full', 'https://h/webhooks/17'],
  ['url.full', 'https://h/?filter={"page":2}'], ['url.full', 'https://h/?data=%7B%22page%22%3A2%7D'], ['url.full', 'https://api.telegram.org/'],
  ['http.response.header.www-authenticate', ['Bearer realm="x"']], ['note', 'Basic HTTP and Basic sign-up'], ['fields', ['password', 'email']], ['list', ['a', 'b']], ['map', { key: 'color', value: 'red' }],
  ['http.route', '/token/:password'], ['http.request.header.accept', ['text/html;q=0.9']], ['error.type', 'TokenError'], ['event.name', 'password.changed'],
] // biome-ignore format: a table

describe('no canary is in any signal', () => {
  test.for(ATTRIBUTES.map(([key, value], index) => [index, key, value] as const))('%i %s %j', ([, key, value]) => {
    for (const bytes of everySignal(key, value)) expect(bytes.toString('latin1')).not.toContain(C)
  })

  test.for(TOKENS)('%s', (token) => {
    for (const text of [token, `refused ${token} again`, `x="${token}"`])
      for (const bytes of everySignal('note', text)) expect(bytes.toString('latin1')).not.toContain(token)
  })

  test('keys of parameters, hosts and paths stay', () => {
    const url = `https://u:${C}@shop.example:8080/a?page=2&token=${C}&x=1#access_token=${C}`
    expect(sent('url.full', url)).toBe(
      `https://${KEY}:${KEY}@shop.example:8080/a?page=2&token=${KEY}&x=1#access_token=${KEY}`,
    )
  })
})

test.for(HARMLESS.map(([key, value], index) => [index, key, value] as const))(
  'unchanged: %i %s %j',
  ([, key, value]) => {
    expect(sent(key, value)).toEqual(value)
  },
)

describe('databases', () => {
  const message = 'invalid input value for enum mood: "CANARY7f3a9b"'
  test.for(['postgresql', 'mysql', 'mssql', 'sqlite', 'redis', 'unheard-of'])('errors of %s', (system) => {
    const one = {
      ...span({ 'db.system.name': system, 'db.query.text': `SET k '${C}'` }),
      kind: SpanKind.CLIENT,
      status: { code: 2, message },
      events: [{ name: 'exception', time: [1, 1], attributes: { 'exception.message': `near '${C}'`, 'exception.stacktrace': `Error: ${message}\n    at f (a.js:1:2)` } }],
    } // biome-ignore format: a span
    expect(bytesOf(one as unknown as ReadableSpan).toString('latin1')).not.toContain(C)
  })
})

function everySignal(key: string, value: unknown): Buffer[] {
  const attributes = { [key]: value }
  const text = typeof value === 'string' && !/^(?:url\.|http\.|db\.|sql|rpc)/.test(key) && key === 'note' ? value : 'text'
  const one = {
    ...span(attributes),
    name: text,
    status: { code: 2, message: text },
    events: [{ name: text, time: [1, 1], attributes: { ...attributes, 'exception.message': text, 'exception.stacktrace': `Error: ${text}\n    at f (a.js:1:2)` } }],
    links: [{ context: span({}).spanContext(), attributes }],
  } // biome-ignore format: a span
  return [bytesOf(one as unknown as ReadableSpan), logBytes({ attributes, body: text }), logBytes({ body: { [key]: value } }), metricBytes(attributes), resourceBytes(attributes)]
} // biome-ignore format: a list

function span(attributes: object): ReadableSpan {
  return {
    name: 'span',
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED }),
    startTime: [1, 1],
    endTime: [2, 2],
    status: { code: 0 },
    attributes,
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  } as unknown as ReadableSpan
}

function bytesOf(one: ReadableSpan, redactor = createRedactor()): Buffer {
  const writer = new ProtobufWriter()
  encodeSpan(writer, one, redactor)
  return Buffer.from(writer.written())
}

function logBytes(fields: object): Buffer {
  const writer = new ProtobufWriter()
  encodeLogRecord(writer, { hrTime: [1, 1], hrTimeObserved: [1, 1], attributes: {}, ...fields } as unknown as ReadableLogRecord)
  return Buffer.from(writer.written())
} // biome-ignore format: a record

function metricBytes(attributes: object): Buffer {
  const writer = new ProtobufWriter()
  const point = { startTime: [1, 1], endTime: [2, 2], attributes, value: 1 }
  encodeMetric(writer, { descriptor: { name: 'm', description: '', unit: '', valueType: 0 }, dataPointType: 2, aggregationTemporality: 1, dataPoints: [point] } as unknown as MetricData)
  return Buffer.from(writer.written())
} // biome-ignore format: a metric

function resourceBytes(attributes: object): Buffer {
  const resource = { attributes, asyncAttributesPending: false, getRawAttributes: () => [] } as never
  return Buffer.from(encodeRequest([{ resource, scope: { name: 's', attributes: attributes as never }, items: new Uint8Array() }]))
} // biome-ignore format: a resource

/** What arrives of an attribute. */
function sent(key: string, value: unknown): unknown {
  const items = bytesOf(span({ [key]: value }))
  const request = encodeRequest([{ resource: resourceFromAttributes({}), scope: { name: 's' }, items }])
  return attributesOf(itemsOf('traces', decodeRequest('traces', request))[0])[key]
}
