/** The rules of the DSN: endpoints, site URL and errors, row by row; and that no token is ever shown. */
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Dsn, parseDsn } from '../../src/config/dsn.ts'
import { ConfigError } from '../../src/errors.ts'
import { cleanText } from '../../src/redact.ts'

const CLOUD = ['api.uptrace.dev:443', 'api.uptrace.dev:4317', 'https://app.uptrace.dev', 'https'] as const

describe('parseDsn', () => {
  test.for([
    ['https://token@uptrace.dev/1', ...CLOUD],
    ['https://token@api.uptrace.dev/1', ...CLOUD],
    [
      'https://token@demo.uptrace.dev/1?grpc=4317',
      'demo.uptrace.dev:443',
      'demo.uptrace.dev:4317',
      'https://demo.uptrace.dev',
      'https',
    ],
    ['https://token@localhost:1234/1', 'localhost:1234', 'localhost:1234', 'https://localhost:1234', 'https'],
    ['http://token@localhost:14317/project_id', 'localhost:14318', 'localhost:14317', 'http://localhost:14318', 'http'],
    [
      'https://AQDan_E_EPe3QAF9fMP0PiVr5UWOu4q5@demo-api.uptrace.dev:4317/1',
      'demo-api.uptrace.dev:4317',
      'demo-api.uptrace.dev:4317',
      'https://demo-api.uptrace.dev:4317',
      'https',
    ],
    [
      'http://Qcn7rcwWO_w0ePo7WmeUtw@localhost:14318?grpc=14317',
      'localhost:14318',
      'localhost:14317',
      'http://localhost:14318',
      'http',
    ],
    ['https://token@api.uptrace.dev?grpc=4317', ...CLOUD],
    ['https://token@api.uptrace.dev:4317/1', ...CLOUD],
    ['https://token@uptrace.dev:4318/1', ...CLOUD],
    ['http://token@localhost:14318/1', 'localhost:14318', 'localhost:14318', 'http://localhost:14318', 'http'],
    ['http://token@localhost:14317?grpc=14317', 'localhost:14317', 'localhost:14317', 'http://localhost:14317', 'http'],
    ['http://token@localhost:14317?grpc=5', 'localhost:14317', 'localhost:5', 'http://localhost:14317', 'http'],
    ['http://token@localhost/1', 'localhost:80', 'localhost:80', 'http://localhost', 'http'],
    [
      'https://token@uptrace.example.com/1',
      'uptrace.example.com:443',
      'uptrace.example.com:443',
      'https://uptrace.example.com',
      'https',
    ],
    [
      'https://token@uptrace.example.com:8443/1',
      'uptrace.example.com:8443',
      'uptrace.example.com:8443',
      'https://uptrace.example.com:8443',
      'https',
    ],
    [
      'https://token@app.uptrace.dev/1',
      'app.uptrace.dev:443',
      'app.uptrace.dev:443',
      'https://app.uptrace.dev',
      'https',
    ],
    ['http://token@[::1]:14318/1', '[::1]:14318', '[::1]:14318', 'http://[::1]:14318', 'http'],
    ['http://token@[::1]/1', '[::1]:80', '[::1]:80', 'http://[::1]', 'http'],
    ['https://token@uptrace.dev/1?grpc=', ...CLOUD],
    ['https://user:pass@uptrace.dev/1', ...CLOUD],
    ['https://tok%40en@uptrace.dev/1', ...CLOUD],
    ['HTTPS://token@uptrace.dev/1', ...CLOUD],
    ['https://token@UPTRACE.DEV/1', ...CLOUD],
    ['http://token@uptrace.dev/1', ...CLOUD],
    ['https://token@localhost:/1', 'localhost:443', 'localhost:443', 'https://localhost', 'https'],
  ] as const)('reads %s', ([input, http, grpc, site, scheme]) => {
    const dsn = parseDsn(input)
    expect(`${dsn.host}:${dsn.httpPort}`).toBe(http)
    expect(`${dsn.host}:${dsn.grpcPort}`).toBe(grpc)
    expect(dsn.siteUrl).toBe(site)
    expect(dsn.scheme).toBe(scheme)
    expect(new URL(dsn.otlpHttpEndpoint).host).toBe(new URL(`${scheme}://${http}`).host)
    expect(dsn.otlpGrpcEndpoint).toBe(`${scheme}://${grpc}`)
    expect(dsn.original).toBe(input)
  })

  test.for([
    ['https://user:pass@uptrace.dev/1', 'user'],
    ['https://tok%40en@uptrace.dev/1', 'tok@en'],
    ['https://token@uptrace.dev/1', 'token'],
  ] as const)('takes the token of %s', ([input, token]) => {
    expect(parseDsn(input).token).toBe(token)
  })

  test.for(['\n', '\r\n', ' ', '\t', '\ufeff'])('does not mind %j around it, as files have it', (space) => {
    expect(parseDsn(`${space}https://token@uptrace.dev/1${space}`).original).toBe('https://token@uptrace.dev/1')
  })

  test.for([
    ['', 'ERR_DSN_EMPTY', /DSN is empty/],
    [' \n', 'ERR_DSN_EMPTY', /DSN is empty/],
    ['dsn', 'ERR_DSN_NO_SCHEME', /does not have a scheme/],
    ['//token@uptrace.dev/1', 'ERR_DSN_NO_SCHEME', /does not have a scheme/],
    ['token@uptrace.dev/1', 'ERR_DSN_NO_SCHEME', /does not have a scheme/],
    ['https://', 'ERR_DSN_NO_HOST', /does not have a host/],
    ['localhost:14318', 'ERR_DSN_NO_HOST', /does not have a host/],
    ['https://uptrace.dev/1', 'ERR_DSN_NO_TOKEN', /does not have a token/],
    ['https://@uptrace.dev/1', 'ERR_DSN_NO_TOKEN', /does not have a token/],
    [':', 'ERR_DSN_INVALID', /can't be parsed/],
    ['https://token@localhost:abc/1', 'ERR_DSN_INVALID', /can't be parsed/],
    ['https://tok en@uptrace.dev/1', 'ERR_DSN_INVALID', /can't be parsed/],
    ['https://token@localhost:99999/1', 'ERR_DSN_INVALID', /can't be parsed/],
    ['https://<token>@uptrace.dev/<project_id>', 'ERR_DSN_PLACEHOLDER', /placeholder/],
    ['https://<token>@api.uptrace.dev?grpc=4317', 'ERR_DSN_PLACEHOLDER', /placeholder/],
    ['grpc://token@localhost/1', 'ERR_DSN_INVALID', /neither http nor https/],
    ['https://token@localhost?grpc=99999', 'ERR_DSN_INVALID', /not a port/],
    ['https://%E0%A4%A@localhost', 'ERR_DSN_INVALID', /percent-encoding/],
  ] as const)('refuses %j with %s', ([input, code, text]) => {
    const error = caught(() => parseDsn(input))
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).code).toBe(code)
    expect((error as ConfigError).message).toMatch(text)
  })

  test('never shows the token: not by inspect, JSON, string conversion, spread or error', () => {
    const dsn = parseDsn('https://sEcReTtOkEn@uptrace.example.com/1?grpc=4317&dsn=sEcReTtOkEn')
    const shown = [inspect(dsn, { depth: 9, showHidden: true }), JSON.stringify({ dsn }), `${dsn}`, inspect({ ...dsn })]
    for (const text of shown) expect(text).not.toContain('sEcReTtOkEn')
  })

  test('throws only ConfigError, quickly, and without the token, for any text', () => {
    const part = fc.constantFrom(
      'https:',
      'http:',
      'ftp:',
      '//',
      '@',
      ':',
      '/',
      '?grpc=',
      '[::1]',
      '%',
      '<',
      '>',
      ' ',
      'uptrace.dev',
      '4317',
      '\u0000',
      '😀',
    )
    const anyDsn = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(part, fc.string({ maxLength: 5 })), { maxLength: 12 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(anyDsn, (text) => {
        const result = outcome(text)
        expect(result instanceof ConfigError || typeof result.siteUrl === 'string').toBe(true)
      }),
      { numRuns: 10_000 },
    )
    expect(outcome('x'.repeat(1_000_000))).toBeInstanceOf(ConfigError)
  })

  test('an error about a wrong DSN does not repeat its secret', () => {
    for (const input of [
      'sEcReT123',
      'https://sEcReT123@host:abc',
      'sEcReT123@uptrace.dev',
      'https://sEc ReT123@h',
      'ftp://sEcReT123@h',
      'https://a@sEcReT123@h:999999',
      'https://host/1?token=sEcReT123',
      'https://host:sEcReT123',
      'https://host.example:sEcReT123/1',
      'https://sEcReT123',
      'https://sEcReT123/1',
      'https://sEcReT123:4317',
      'https://sEc.ReT123',
      'https://host/sEcReT123',
      'https://user@host/sEcReT123?grpc=x',
      'https://host@sEcReT123:x',
      'https://localhost#sEcReT123',
      '//sEcReT123',
      '//host:sEcReT123',
      'sEcReT123://host',
      'sEcReT123:x@host',
    ]) {
      const error = caught(() => parseDsn(input)) as Error
      expect(inspect(error), input).not.toMatch(/ReT123/)
    }
  })
})

test('a token in the place of the host or the port is masked in whatever is printed later', () => {
  for (const [input, token] of [
    ['https://host:aBcDeFgHiJkLmNoPq1', 'aBcDeFgHiJkLmNoPq1'],
    ['https://abcdefghijklmnopq2', 'abcdefghijklmnopq2'],
    ['https://localhost/abcdefghijklmnopq3', 'abcdefghijklmnopq3'],
  ] as const) {
    outcome(input)
    expect(cleanText(`the proxy said: no route to ${token}`)).toBe('the proxy said: no route to ***')
  }
})

test('what is certainly a host stays readable', () => {
  for (const [input, shown] of [
    ['https://api.uptrace.dev/1', '"https://api.uptrace.dev"'],
    ['http://localhost:14318', '"http://localhost:14318"'],
    ['http://t@127.0.0.1:99999', '"http://***@127.0.0.1:99999"'],
    ['http://[::1]:14318', '"http://[::1]:14318"'],
  ] as const)
    expect((outcome(input) as ConfigError).message).toContain(shown)
})

function outcome(text: string): Dsn | ConfigError {
  try {
    return parseDsn(text)
  } catch (error) {
    return error as ConfigError
  }
}

function caught(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('expected it to throw')
}
