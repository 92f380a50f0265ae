/** The route of a request is what the app itself sees, for generated apps of Express 4 and 5; UPTRACE_TEST_APPS sets how many, UPTRACE_TEST_SEED which. */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runSource } from '../support/run-node.ts'

const APPS = Number(process.env['UPTRACE_TEST_APPS'] ?? 150)
const SEED = Number(process.env['UPTRACE_TEST_SEED'] ?? 20)
const RUNNER = JSON.stringify(path.join(import.meta.dirname, 'express-apps.cjs'))

const COMMON = ['/a', '/b', '/A', '/a/b', '/:p1', '/:p2', '/a/:p1', '/:p1/b', '/:p1/:p2', '/x/', '/a/', '/b/']
const LISTS = [
  ['/a', '/b'],
  ['/x', '/a/:p1'],
]
const PATTERNS = ['re:^\\/x\\d?', 're:^\\/(a|b)']
const OF_4 = ['*', '/a*', '/x/*', '/:p1?', '/a/(.*)', '/:p1(\\w+)']
const OF_5 = ['/{*rest}', '/a/{*rest}', '/x/*rest', '/a{/:p1}', '/x{y}']

function casesOf(major: number): fc.Arbitrary<object> {
  const own = major === 4 ? OF_4 : OF_5
  const routePath = fc.constantFrom('/', '/', ...COMMON, ...own, ...LISTS, ...PATTERNS)
  // a part that may be missing makes two mounts the same part of a URL, which an app cannot tell apart
  const mountPath = fc.constantFrom('/', '/', ...COMMON, ...LISTS, ...PATTERNS.map((one) => `${one}(?=\\/|$)`))
  const does = fc.constantFrom(
    'answer',
    'answer',
    'answer',
    'redirect',
    'next',
    'next',
    'later',
    'route',
    'router',
    'error',
    'throw',
    'async answer',
    'async next',
    ...(major === 5 ? ['async throw', 'async error'] : []),
  )
  const passes = fc.constantFrom('next', 'next', 'next', 'later', 'answer', 'router', 'error', 'throw')
  const layer = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('route'),
        method: fc.constantFrom('get', 'get', 'all', 'post'),
        path: routePath,
        handlers: fc.array(does, { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc
        .array(fc.tuple(fc.constantFrom('get', 'all', 'post'), does), { minLength: 1, maxLength: 4 })
        .chain((steps) =>
          fc.record({
            type: fc.constant('chain'),
            path: routePath,
            methods: fc.constant(steps.map(([method]) => method)),
            handlers: fc.constant(steps.map(([, act]) => act)),
          }),
        ),
    },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('mount'), path: mountPath, target: fc.nat({ max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('use'), path: mountPath, does: passes }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('param'), refuses: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('error'), passes: fc.boolean() }) },
  )
  const router = fc.record({
    isApp: fc.boolean(),
    mergeParams: fc.boolean(),
    caseSensitive: fc.boolean(),
    strict: fc.boolean(),
    layers: fc.array(layer, { minLength: 1, maxLength: 6 }),
  })
  const part = fc.constantFrom('a', 'b', 'A', 'x', 'x1', 'c', 'a%20b')
  const request = fc
    .tuple(
      fc.constantFrom('GET', 'GET', 'GET', 'POST', 'OPTIONS'),
      fc.array(part, { maxLength: 5 }),
      fc.constantFrom('', '', '/', '?q=/a'),
    )
    .map(([method, parts, end]) => `${method} /${parts.join('/')}${parts.length === 0 && end === '/' ? '' : end}`)
  return fc
    .record({
      routers: fc.array(router, { minLength: 1, maxLength: 5 }),
      requests: fc.array(request, { minLength: 20, maxLength: 20 }),
    })
    .map(({ routers, requests }) => ({
      requests,
      routers: routers.map((one, index) => ({
        ...one,
        layers: one.layers.filter(
          (layer) => layer.type !== 'mount' || (layer.target > index && layer.target < routers.length),
        ),
      })),
    }))
}

interface Result {
  readonly requests: number
  readonly wrong: readonly object[]
  readonly count: number
  readonly reached: Readonly<Record<string, number>>
}

test.for([4, 5])('express %i', { timeout: 600_000 }, async (major) => {
  const file = path.join(tmpdir(), `express-apps-${process.pid}-${major}.json`)
  writeFileSync(file, JSON.stringify(fc.sample(casesOf(major), { numRuns: APPS, seed: SEED + major })))
  const source = `const { collector, run } = require(${RUNNER}); require('uptrace-node').configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', logLevel: 'none', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false, spanProcessors: [collector] })
    run(require('express'), JSON.parse(require('fs').readFileSync('${file}', 'utf8'))).then(() => process.exit())`
  const aliases: Record<string, string> = major === 4 ? { express: 'express-4' } : {}
  const { code, stdout, stderr } = await runSource('cjs', source, {
    aliases,
    timeoutMillis: 590_000,
    flags: ['--no-deprecation'],
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const result = JSON.parse(stdout.slice(stdout.indexOf('RESULT ') + 7)) as Result
  expect(result.wrong).toEqual([])
  expect(result).toMatchObject({ requests: APPS * 20, count: 0 })
  // the apps reach what they are meant to reach
  for (const by of ['answer', 'async answer', 'error', 'none']) expect(result.reached[by]).toBeGreaterThan(APPS / 10)
})
