/** The options of redaction, and what holds for every text: bounded time, nothing thrown, nothing changed, repeats as the first. */
import { SpanKind, TraceFlags } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { parseDsn } from '../../../src/config/dsn.ts'
import type { RedactionOptions } from '../../../src/config/redaction-options.ts'
import { configureLog } from '../../../src/log.ts'
import { encodeRequest } from '../../../src/wire/encode-request.ts'
import { encodeSpan } from '../../../src/wire/encode-traces.ts'
import { ProtobufWriter } from '../../../src/wire/protobuf-writer.ts'
import { createRedactor, type Redactor } from '../../../src/wire/redaction/redactor.ts'
import { attributesOf, type Decoded, decodeRequest, itemsOf } from '../proto/otlp.ts'

const redactorOf = (options?: RedactionOptions | false): Redactor => createRedactor(options)

function send(attributes: object, redactor: Redactor, more: object = {}): Decoded {
  const span = {
    name: 'span', kind: SpanKind.INTERNAL, startTime: [1, 1], endTime: [2, 2], status: { code: 0 }, attributes, links: [], events: [],
    droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0,
    spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED }),
    ...more,
  } // biome-ignore format: a span
  const writer = new ProtobufWriter()
  encodeSpan(writer, span as unknown as ReadableSpan, redactor)
  const section = { resource: resourceFromAttributes({}), scope: { name: 's' }, items: writer.written() }
  return itemsOf('traces', decodeRequest('traces', encodeRequest([section])))[0]
}
const sent = (attributes: object, options?: RedactionOptions | false): Record<string, unknown> =>
  attributesOf(send(attributes, redactorOf(options)))

test.each([
  'https://discord.com/api/webhooks/123/abcdef',
  'https://hooks.slack.com/services/t0/b0/abcdef',
  'https://hooks.zapier.com/hooks/catch/123/abcdef',
  'https://api.telegram.org/bot123abcdef/getme',
  'https://x.webhook.office.com/webhookb2/abcdef',
])('the path of a webhook is masked, be it all small letters and digits: %s', (url) => {
  expect(sent({ 'url.full': url })['url.full']).not.toContain('abcdef')
})

test.each(['http://10.0.0.1:3000/books/7', 'https://shop.example/robots', 'http://localhost:80/bot/kook'])(
  'an address that only looks alike stays: %s',
  (url) => expect(sent({ 'url.full': url })['url.full']).toBe(url),
)

describe('options', () => {
  const attributes = { password: 'x1', 'db.query.text': "SELECT 'a'", 'url.full': 'http://u:p@h/?token=1' }

  test('false sends all as it is', () => {
    expect(sent(attributes, false)).toEqual(attributes)
  })

  test('keys name further secrets in any spelling, for fields, parameters and pairs in texts', () => {
    const given = {
      cardHolder: 'Ann', 'billing.card-holder': 'Ann', 'http.route': '/x', cardholders: 'Ann', deep: { CARD_HOLDER: 5 },
      'url.full': 'http://h/?card_holder=Ann&x=1', note: 'cardHolder=Ann, x=1', password: 'x1',
    } // biome-ignore format: attributes
    expect(sent(given, { keys: ['card_holder', 'http.route'] })).toEqual({
      cardHolder: 'REDACTED', 'billing.card-holder': 'REDACTED', 'http.route': 'REDACTED', cardholders: 'Ann', deep: { CARD_HOLDER: 'REDACTED' },
      'url.full': 'http://h/?card_holder=REDACTED&x=1', note: 'cardHolder=REDACTED, x=1', password: 'REDACTED',
    }) // biome-ignore format: attributes
  })

  test('values are masked in every text, whatever the flags, and the expressions keep their state', () => {
    const pattern = /acme-\d+/iy
    pattern.lastIndex = 3
    expect(sent({ note: 'a ACME-1 b acme-2', 'http.route': '/acme-3', n: 1 }, { values: [pattern] })).toEqual({
      note: 'a REDACTED b REDACTED', 'http.route': '/REDACTED', n: 1,
    }) // biome-ignore format: attributes
    expect(pattern.lastIndex).toBe(3)
  })

  test('sql: raw keeps the literals, off drops the statement', () => {
    const statement = { 'db.query.text': "SELECT 'a'", 'db.statement': 'SELECT 1', 'db.system': 'mysql' }
    expect(sent(statement, { sql: 'raw' })).toEqual(statement)
    expect(sent(statement, { sql: 'off' })).toEqual({ 'db.system': 'mysql' })
    const off = redactorOf({ sql: 'off' })
    for (let count = 0; count < 3; count++)
      expect(attributesOf(send({ a: 1, ...statement, b: count }, off, { name: 'off' }))).toEqual({
        a: 1,
        'db.system': 'mysql',
        b: count,
      })
  })

  test('redact is asked last for each leaf with its own name, and its answer is sent', () => {
    const asked: unknown[] = []
    const redact = (key: string, value: unknown): unknown => {
      asked.push([key, value])
      return key === 'a' ? { instead: 2 } : key === 'b' ? undefined : value
    }
    const more = { status: { code: 2, message: 'no' }, name: 'named' }
    const span = send({ a: 'x', b: true, c: [1, { d: 'y' }], password: 'p' }, redactorOf({ redact }), more)
    expect(attributesOf(span)).toMatchObject({
      a: { instead: 2 },
      b: undefined,
      c: [1, { d: 'y' }],
      password: 'REDACTED',
    })
    expect(asked).toEqual(expect.arrayContaining([['a', 'x'], ['b', true], ['c', 1], ['d', 'y'], ['password', 'REDACTED'], ['status.message', 'no'], ['span.name', 'named']])) // biome-ignore format: a list
  })

  test('a redact that throws masks the value and is told once, without what it threw', () => {
    const warn = vi.fn()
    configureLog({ level: 'warn', logger: { error: vi.fn(), warn, info: vi.fn(), debug: vi.fn() } as never })
    try {
      const redactor = redactorOf({
        redact: (key) => {
          throw new TypeError(`no ${key} hunter2`)
        },
      })
      for (let count = 0; count < 3; count++)
        expect(attributesOf(send({ a: `x${count}`, b: 2 }, redactor))).toEqual({ a: 'REDACTED', b: 'REDACTED' })
      expect(warn).toHaveBeenCalledTimes(1)
      expect(String(warn.mock.calls[0])).toMatch(/redaction\.redact/)
      expect(String(warn.mock.calls[0])).not.toContain('hunter2')
    } finally {
      configureLog({ level: undefined, logger: undefined })
    }
  })

  test('what redact makes itself is refused, so that it is not asked without end', () => {
    let refused = 0
    const redactor: Redactor = redactorOf({
      redact: (_key, value) => {
        try {
          send({ inner: 1 }, redactor)
        } catch {
          refused++
        }
        return value
      },
    })
    expect(attributesOf(send({ a: 'x' }, redactor, { name: 'busy' }))).toEqual({ a: 'x' })
    expect(refused).toBeGreaterThan(0)
  })
})

test('the token of the DSN does not stay, even without its address', () => {
  parseDsn('https://dsnToken0123456789@api.uptrace.example')
  const text = 'refused dsnToken0123456789 again'
  const span = send({ note: text, 'exception.message': text }, redactorOf(), { status: { code: 2, message: text } })
  expect(JSON.stringify(span)).not.toContain('dsnToken')
})

test('objects of the caller are not changed', () => {
  const given = {
    password: 'x',
    req: { headers: { cookie: 'a=b' }, list: [['cookie', 'v']] },
    'db.query.text': "SELECT 'a'",
  }
  const copy = structuredClone(given)
  sent(Object.freeze(given))
  expect(given).toEqual(copy)
})

test('a span that repeats is masked as the first, whatever the database and the redactor before', () => {
  const statement = 'SELECT "x1" FROM t'
  const [one, other] = [redactorOf(), redactorOf({ sql: 'raw' })]
  const of = (system: string, redactor: Redactor) => attributesOf(send({ password: 'p', 'db.query.text': statement, 'db.system': system }, redactor, { name: 'same' })) // biome-ignore format: a call
  for (let count = 0; count < 3; count++) {
    expect(of('postgresql', one)).toMatchObject({ password: 'REDACTED', 'db.query.text': statement })
    expect(of('mysql', one)).toMatchObject({ password: 'REDACTED', 'db.query.text': 'SELECT ? FROM t' })
    expect(of('mysql', other)).toMatchObject({ password: 'REDACTED', 'db.query.text': statement })
  }
})

describe('every text', () => {
  const redactor = redactorOf()
  const keys = ['note', 'url.full', 'url.query', 'db.query.text', 'exception.message', 'body', 'password', 'signature']
  const noise = fc.string({ unit: fc.constantFrom('a', ' ', '=', ':', '"', "'", '\\', '&', '?', '://', '@', '%', '{', '[', ']', 'é', '\n', '-', 'eyJ', '.', 'token', 'sig') }) // biome-ignore format: a list

  test('is masked without throwing, and again without a change', () => {
    fc.assert(
      fc.property(noise, fc.constantFrom(...keys), fc.constantFrom('postgresql', 'mysql', 'redis', undefined), (text, key, system) => {
        const safe = redactor.forSystem(system).leaf(key, text)
        expect(typeof safe).toBe('string')
      }),
      { numRuns: 2000 },
    ) // biome-ignore format: a property
  })

  test('a secret in random surroundings does not stay', () => {
    const around = fc.string({
      unit: fc.constantFrom('a', 'b ', ' ', ', ', '\n', 'é', '; ', '(', ') ', 'x=1 ', 'y: 2, ', '. '),
    })
    const secrets = ['password=S3cret1', '"apiKey":"S3cret1"', 'https://u:S3cret1@h/x', 'https://h/?token=S3cret1&y=1', 'Bearer S3cret1x', 'eyJhbGciOiJI.S3cret1.abc', 'client_secret: S3cret1', 'Authorization: Basic S3cret1=='] // biome-ignore format: a list
    fc.assert(
      fc.property(around, fc.constantFrom(...secrets), around, (before, secret, after) => {
        expect(redactor.leaf('note', `${before} ${secret} ${after}`)).not.toContain('S3cret1')
      }),
      { numRuns: 1000 },
    )
  })

  const LENGTH = 200_000
  const hostile = ['a', '=', ':', 'a=', 'token=', 'sig=aa:', 'sig="', 'token: ', '"', "'", '\\"', 'sig:\\\\\\"', '://', 'a://b:cc/', 'a://b:', 'eyJ', 'eyJ.', 'eyJhbGciOiJI.', 'Bearer ', 'basic a ', 'sk-', 'xoxb-', '--token ', '-a', '[', '{', 'token:[', 'auth={', '%3D', 'a%3D', '%25', '&code=', 'code=', '?a=b&', 'cookie: !', 'Key (', 'Key (a)=(', "Duplicate entry '", 'dup key: {', "near '", ' near "', '$$', '$a$', "'\\", '/*', '--', '--\n', '((', 'in (1,', ' ', '\n', '\n at', 'é', '\ud800', 'A', 'aB', '1', '1.', '0x', 'EVAL ', '{"a":', '-----BEGIN PRIVATE KEY-----', 'select a from ',
    '"name":"token",', 'name:"a" value', '<token>', '<a', 'password "', 'api key ', 'curl -u a:', 'mysql -p', 'redis-cli ', 'identified by "', 'attach ', 'values (', '= "', 'hooks.slack.com/services/', 'a id: ', '//', '"""'] // biome-ignore format: a list
  test.for(hostile)('many of %j take time in proportion', { timeout: 60_000 }, (unit) => {
    const text = unit.repeat(Math.ceil(LENGTH / unit.length))
    for (const key of keys)
      for (const system of ['postgresql', 'mysql', 'redis']) {
        if (system !== 'mysql' && key !== 'db.query.text') continue
        const started = process.cpuUsage()
        redactor.forSystem(system).leaf(key, text)
        const { user, system: kernel } = process.cpuUsage(started)
        expect((user + kernel) / 1000, key).toBeLessThan(2000)
      }
  })
})
