/** Back ends by name as somebody in a hurry names them: wrong addresses, the same one twice, definitions whose functions misbehave. */
import { describe, expect, test } from 'vitest'
import type { BackendDefinition } from '../../src/config/backends/definition.ts'
import { registerBackend } from '../../src/config/backends/registry.ts'
import type { ConfigureOptions } from '../../src/config/options.ts'
import { type Config, resolveConfig } from '../../src/config/resolve.ts'
import { validateOptions } from '../../src/config/validate.ts'
import { keepLogLines } from '../support/log-lines.ts'
import { runSource } from '../support/run-node.ts'

const lines = keepLogLines()

function resolve(options: ConfigureOptions, env: Record<string, string> = {}): Config {
  validateOptions(options)
  return resolveConfig(options, env, () => ({ dsn: 'http://local@localhost:14318' }))
}
const urls = ({ destinations }: Config): string[] => destinations.map(({ url }) => url)
const DSN = 'https://tokenA@one.example'

describe('an address that would not be used is refused, so that nothing goes elsewhere without a word', () => {
  test.for<[ConfigureOptions['backend'], RegExp]>([
    ['uptrace://sEcReT@api.example', /^The back end uptrace takes no address: set the dsn option or UPTRACE_DSN/],
    [{ name: 'uptrace', endpoint: 'https://sEcReT@api.example' }, /^The back end uptrace takes no address/],
    ['console://host', /^The back end console takes no address$/],
    ['local://host:1', /^The back end local takes no address$/],
    [{ name: 'jaeger', dsn: DSN }, /^The back end jaeger takes no DSN: its address is its endpoint$/],
    [['zipkin', { name: 'console', endpoint: 'http://h' }], /^The back end console takes no address$/],
  ])('%j', ([backend, text]) => {
    const message = expect.stringMatching(text)
    expect(() => resolve({ backend: backend! })).toThrow(
      expect.objectContaining({ name: 'ConfigError', option: 'backend', message }),
    )
    if (typeof backend !== 'string') return
    expect(urls(resolve({}, { UPTRACE_BACKEND: backend, UPTRACE_DSN: DSN }))).toHaveLength(3)
    expect(lines).toEqual([
      expect.stringMatching(/^UPTRACE_BACKEND: The back end \w+ takes no address.*; it is ignored$/),
    ])
    expect(lines.join()).not.toContain('sEcReT')
  })

  test.for(['jaeger://:', 'zipkin://host:99999', 'console://h'])('%s as a DSN says what is wrong with it', (dsn) => {
    expect(resolve({ dsn }).disabledReason).toMatch(/^The (address of the )?back end \w+ (is not a host|takes no)/)
  })
})

describe('the same place twice', () => {
  test.for<[ConfigureOptions, Record<string, string>, number]>([
    [{ backend: ['zipkin', 'zipkin'] }, {}, 1],
    [{}, { UPTRACE_BACKEND: 'jaeger,,JAEGER' }, 1],
    [{ backend: ['jaeger', 'jaeger://localhost:4318'] }, {}, 1],
    [{ backend: ['uptrace', 'uptrace'], dsn: DSN }, {}, 3],
    [{ dsn: [DSN, DSN] }, {}, 3],
  ])('%j %j gets everything once, with a line', ([options, env, count]) => {
    expect(urls(resolve(options, env))).toHaveLength(count)
    expect(lines).toEqual([expect.stringMatching(/^https?:\/\/[\w.:]+ is named as a back end twice; it is used once$/)])
  })

  test('with other headers it is another place', () => {
    const backend = [
      { name: 'jaeger', headers: { tenant: 'a' } },
      { name: 'jaeger', headers: { tenant: 'b' } },
    ]
    expect(urls(resolve({ backend }))).toHaveLength(2)
    expect(lines).toEqual([])
  })

  test('Prometheus is served at the first address', () => {
    expect(resolve({ backend: ['prometheus://127.0.0.1:1', 'prometheus'] }).scrape).toMatchObject({ port: 1 })
    expect(lines).toEqual(['the back end prometheus is served at one address; this one is left out'])
  })
})

test.for(['a@evil.example#', 'evil.example/', 'eu-west-1.evil', ' '])(
  'a region that is none, %j, never becomes the host that a signed request goes to',
  (region) => {
    for (const config of [
      resolve({ backend: 'xray' }, { AWS_REGION: region }),
      resolve({ backend: { name: 'xray', region: region.trim() } }),
    ])
      expect([urls(config), config.disabledReason]).toEqual([
        [],
        expect.stringMatching(/^the back end xray needs a region/),
      ])
  },
)

test('a region is the same in capital letters, and one that is empty is none', () => {
  expect(urls(resolve({ backend: 'xray://EU-West-1' }))).toEqual(['https://xray.eu-west-1.amazonaws.com/v1/traces'])
  const config = resolve({ backend: { name: 'xray', region: '' } }, { AWS_REGION: 'us-east-1' })
  expect(urls(config)).toEqual(['https://xray.us-east-1.amazonaws.com/v1/traces'])
})

describe('a definition whose functions misbehave', () => {
  test.for<[string, () => unknown, RegExp]>([
    ['a promise', async () => ({ key: 'v' }), /a promise was given, where the value itself is needed/],
    ['null', () => null, /its headers are no object/],
    ['a text', () => 'sEcReT', /its headers are no object/],
    ['a number in it', () => ({ key: 5 }), /its header key is no text/],
  ])('headers that are %s leave it out, and nothing else', ([, headers, text]) => {
    registerBackend('odd', { headers } as unknown as BackendDefinition)
    expect(urls(resolve({ backend: ['odd', 'jaeger'] }))).toEqual(['http://localhost:4318/v1/traces'])
    expect(lines).toEqual([expect.stringMatching(text)])
    expect(lines[0]).not.toContain('sEcReT')
  })

  test('a header that is undefined, as that of a variable that is not set, is not given', () => {
    registerBackend('odd', { headers: () => ({ a: undefined, b: 'c' }) as unknown as Record<string, string> })
    expect(resolve({ backend: 'odd' }).destinations[0]!.headers).toEqual({ b: 'c' })
  })

  test.for<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('boom')
      },
    ],
    ['gives a promise', async () => 'https://ui.example'],
    ['gives no URL', () => 'ui.example'],
    ['gives a script', () => 'javascript:alert(1)'],
    ['gives a number', () => 5],
  ])('siteUrl that %s costs trace URLs, with a line, and no telemetry', ([, siteUrl]) => {
    for (const traceUrl of [undefined, '{site}/t/{traceId}']) {
      lines.length = 0
      registerBackend('odd', { siteUrl, ...(traceUrl && { traceUrl }) } as unknown as BackendDefinition)
      const config = resolve({ backend: 'odd' })
      expect([urls(config).length, config.siteUrl, config.disabledReason]).toEqual([3, '', undefined])
      expect(lines).toEqual([expect.stringMatching(/^siteUrl of the back end odd .*; there are no trace URLs$/)])
    }
  })

  test('siteUrl that is no http or https URL is refused when it is registered', () => {
    expect(() => registerBackend('odd', { siteUrl: 'javascript:alert(1)' })).toThrow(
      /siteUrl must be an http or https URL/,
    )
  })

  test('promises that are rejected later end no process', async () => {
    const { code, stdout, stderr } = await runSource(
      'cjs',
      `const { configureOpentelemetry, registerBackend, shutdown, withSpan } = require('uptrace-node')
      const late = async () => { throw new Error('no key') }
      registerBackend('odd', { headers: late })
      registerBackend('other', { siteUrl: late, endpoint: 'http://127.0.0.1:9' })
      configureOpentelemetry({ backend: ['odd', 'other'], metricsEnabled: false, delivery: { exitFlush: false } })
      withSpan('work', () => {})
      setTimeout(() => shutdown({ timeoutMillis: 1 }).then(() => console.log('alive')), 50)`,
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'alive\n' })
    expect(stderr).toMatch(/the back end odd cannot be set up: a promise was given.*; this one is left out/)
  })
})
