/** What is said of spans while a program is being developed; in processes of their own, since the lines go to stderr. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const run = async (source: string, options = '', env: Record<string, string> = {}, flags: string[] = []) => {
  const { stderr, code } = await runSource(
    'cjs',
    `const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')
    const { trace, context, ROOT_CONTEXT, SpanKind } = require('@opentelemetry/api')
    configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', metricsEnabled: false, ${options} })
    const tracer = trace.getTracer('t')
    ${source}`,
    { env, flags },
  )
  expect(code).toBe(0)
  return stderr.split('\n').filter(Boolean)
}
const CHECKS = 'developmentChecks: true'

describe('spans that never end', () => {
  const FORGETS = `
    function forgetful() { tracer.startSpan('forgotten').setAttribute('a', 1) }`

  test('are told with the place where they began, when the program has nothing left to do', async () => {
    const lines = await run(`${FORGETS}; forgetful(); forgetful(); withSpan('fine', () => {})`, CHECKS)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^uptrace: the span "forgotten", started at forgetful \(.+:\d+:\d+\), was never ended/)
  })

  test('are told when nobody holds them any more', async () => {
    const lines = await run(
      `${FORGETS}; forgetful()
      const end = Date.now() + 8_000
      const hold = setInterval(() => { gc(); if (Date.now() > end) process.exit(0) }, 20)
      setTimeout(() => process.exit(0), 3_000)`,
      CHECKS,
      {},
      ['--expose-gc'],
    )
    expect(lines).toMatchObject([expect.stringContaining('"forgotten"')])
  })

  test('are told of the root before process.exit as little as of a request that is under way', async () => {
    expect(await run(`tracer.startSpan('under way'); process.exit(0)`, CHECKS)).toEqual([])
  })
})

describe('names with ids', () => {
  test.for([
    ['numbers', `GET /users/' + id + '`],
    ['UUIDs', `job ' + '123e4567-e89b-12d3-a456-42661417400' + id + '`],
    ['hexadecimal ids', `load ' + 'deadbeefdeadbee' + id + '`],
    ['mail addresses', `mail me' + id + '@example.org`],
  ])('%s: the third is told, once', async ([, name]) => {
    const lines = await run(`for (const id of [1, 2, 3, 4, 5]) withSpan('${name}', () => {})`, CHECKS)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/names of spans hold ids, as ".+": name them ".*\{id\}.*"/)
  })

  test('versions, words, fixed numbers and parameters are no ids', async () => {
    const names = [
      'GET /v1/users/:id',
      'HTTP/1.1',
      'SELECT users',
      'step2',
      'phase 3',
      'base64 decode',
      'facade',
      'http.200',
      'a1b2',
    ]
    expect(
      await run(
        `for (let n = 0; n < 5; n++) for (const name of ${JSON.stringify(names)}) withSpan(name, () => {})`,
        CHECKS,
      ),
    ).toEqual([])
  })
})

test('attributes that are lost by a limit or cut by it are told with the option', async () => {
  const lines = await run(
    `withSpan('big', (span) => { for (let n = 0; n < 130; n++) span.setAttribute('key' + n, n) })
     withSpan('long', (span) => span.setAttribute('text', 'x'.repeat(50)))
     withSpan('fits', (span) => span.setAttribute('text', 'x'.repeat(19)))`,
    `${CHECKS}, spanLimits: { attributeValueLengthLimit: 20 }`,
  )
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/the span "big" has lost 2 attributes: spanLimits.attributeCountLimit/)
  expect(lines[1]).toMatch(/the attribute text of the span "long" was cut to 20 characters/)
})

describe('a lost context', () => {
  const REQUEST = (call: string) => `
    for (let n = 0; n < 3; n++)
      tracer.startActiveSpan('GET /orders', { kind: SpanKind.SERVER }, (span) => { ${call}; span.end() })`

  test('calls without a parent while a request is open are told at the second', async () => {
    const lines = await run(
      REQUEST(`context.with(ROOT_CONTEXT, () => tracer.startSpan('SELECT', { kind: SpanKind.CLIENT }).end())`),
      CHECKS,
    )
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/"SELECT" at .+ has no parent, though the request "GET \/orders" was open/)
  })

  test('calls with a parent, and work of the program itself, are fine', async () => {
    const lines = await run(
      `${REQUEST(`tracer.startSpan('SELECT', { kind: SpanKind.CLIENT }).end(); context.with(ROOT_CONTEXT, () => tracer.startSpan('tick').end())`)}
      for (let n = 0; n < 3; n++) tracer.startSpan('PING', { kind: SpanKind.CLIENT }).end()`,
      CHECKS,
    )
    expect(lines).toEqual([])
  })
})

describe('are on', () => {
  const FORGETS = `tracer.startSpan('forgotten')`

  test.for([
    ['by the option', CHECKS, {}, 1],
    ['by the variable', '', { UPTRACE_DEVELOPMENT_CHECKS: 'true' }, 1],
    ['under uptrace-node dev', '', { UPTRACE_DEV_DSN: 'SINK' }, 1],
    ['not under it in production', '', { UPTRACE_DEV_DSN: 'SINK', NODE_ENV: 'production' }, 0],
    ['not under it where the option says so', 'developmentChecks: false', { UPTRACE_DEV_DSN: 'SINK' }, 0],
    ['not by default', '', {}, 0],
  ] as const)('%s', async ([, options, env, count]) => {
    const dsn = `http://t@localhost:${sink.port}`
    const given = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value === 'SINK' ? dsn : value]))
    const lines = await run(FORGETS, options, given)
    expect(lines.filter((line) => line.includes('never ended'))).toHaveLength(count)
  })
})
