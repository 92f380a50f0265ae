/** The route of a request is what the app itself sees, for generated apps; UPTRACE_TEST_APPS sets how many, UPTRACE_TEST_SEED which. */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runSource } from '../../../support/run-node.ts'
import { appsOf, type FrameworkName } from './shapes.ts'

const APPS = Number(process.env['UPTRACE_TEST_APPS'] ?? 60)
const SEED = Number(process.env['UPTRACE_TEST_SEED'] ?? 30)
const file = (name: string): string => JSON.stringify(path.join(import.meta.dirname, name))
const CONFIGURE = `require('uptrace-node').configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', logLevel: 'none', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false, spanProcessors: [collector] })`

interface Result {
  readonly requests: number
  readonly refused: number
  readonly wrong: readonly object[]
  readonly count: number
  readonly reached: Readonly<Record<string, number>>
}

const REACHES: Readonly<Record<FrameworkName, readonly string[]>> = {
  koa: ['answer', 'later', 'redirect', 'middleware', 'error', 'none'],
  hapi: ['answer', 'later', 'redirect', 'auth', 'pre', 'throw', 'onRequest', 'error 404'],
  fastify: ['answer', 'later', 'redirect', 'onRequest', 'error handler', 'not found', 'status 404'],
}

test.for(Object.keys(REACHES) as FrameworkName[])('%s', { timeout: 600_000 }, async (name) => {
  const cases = path.join(tmpdir(), `generated-apps-${process.pid}-${name}.json`)
  writeFileSync(cases, JSON.stringify(fc.sample(appsOf(name), { numRuns: APPS, seed: SEED })))
  const source = `const { collector, run } = require(${file('run.cjs')}); ${CONFIGURE}; const { load, serve } = require(${file(`${name}.cjs`)})
    run(serve(load()), JSON.parse(require('fs').readFileSync('${cases}', 'utf8'))).then(() => process.exit())`
  const { code, stdout, stderr } = await runSource('cjs', source, {
    timeoutMillis: 590_000,
    flags: ['--no-deprecation'],
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const result = JSON.parse(stdout.slice(stdout.indexOf('RESULT ') + 7)) as Result
  expect(result.wrong).toEqual([])
  expect(result).toMatchObject({ requests: (APPS - result.refused) * 20, count: 0 })
  expect(result.refused).toBeLessThan(APPS / 2)
  // the apps reach what they are meant to reach
  for (const by of REACHES[name]) expect(result.reached[by] ?? 0, by).toBeGreaterThan(0)
})
