/** The door `uptrace-node/testing` in the runners that people use: matchers, types, flushes, and an end that nothing holds up. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../..')
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|NODE_TEST|OTEL_|UPTRACE_(?!TEST))/.test(name)),
)

let folder: string
beforeAll(() => {
  mkdirSync(path.join(ROOT, '.cache/programs'), { recursive: true })
  folder = mkdtempSync(path.join(ROOT, '.cache/programs/testing-'))
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(ROOT, path.join(folder, 'node_modules/uptrace-node'))
  writeFileSync(path.join(folder, 'shop.mjs'), SHOP)
  writeFileSync(path.join(folder, 'vitest.config.mjs'), `export default { test: { include: ['**/*.spec.mts'] } }`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A server that asks for the stock of each item by itself, as an application would. */
const SHOP = `import { createServer } from 'node:http'
import { SpanKind, trace } from '@opentelemetry/api'
const tracer = trace.getTracer('shop')
export function startShop() {
  const server = createServer((request, response) => {
    const count = Number(new URL(request.url, 'http://x').searchParams.get('items'))
    for (let item = 0; item < count; item++)
      tracer.startSpan('SELECT stock', { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT * FROM stock WHERE id = ' + item } }).end()
    response.end('ok')
  })
  return new Promise((resolve) => server.listen(0, () => resolve({ url: 'http://localhost:' + server.address().port, close: () => server.close() })))
}
`

const VITEST_SPEC = `import { afterAll, beforeEach, expect, test } from 'vitest'
import { startTelemetry } from 'uptrace-node/testing'
import 'uptrace-node/testing/vitest'

const telemetry = await startTelemetry()
const { startShop } = await import('./shop.mjs')
const shop = await startShop()
beforeEach(() => telemetry.clear())
afterAll(() => shop.close())

test('a request with one query', async () => {
  const trace = await telemetry.capture(async () => (await fetch(shop.url + '/orders?items=1')).text())
  expect(trace.result).toBe('ok')
  expect(trace.root?.name).toBe('test')
  expect(trace).toHaveSpan({ kind: 'server', attributes: { 'url.path': '/orders', 'http.response.status_code': 200 } })
  expect(trace).toHaveQueryCount(1)
  expect(trace).toHaveNoErrors()
  expect(trace).toHaveNoNPlusOne()
  expect(trace).not.toHaveSpan({ status: 'error' })
})

test('a handle is flushed by the matcher', async () => {
  await (await fetch(shop.url + '/orders?items=2')).text()
  await expect(telemetry).toHaveSpan({ kind: 'server' })
  await expect(telemetry).toHaveQueryCount({ max: 2 })
})

test('FAILS: many queries', async () => {
  const trace = await telemetry.capture(() => fetch(shop.url + '/orders?items=7'))
  expect(trace).toHaveNoNPlusOne()
})
`

test('vitest: what holds passes, what does not fails with the spans, and the run ends by itself', () => {
  writeFileSync(path.join(folder, 'shop.spec.mts'), VITEST_SPEC)
  const started = performance.now()
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, '--reporter', 'json'],
    { cwd: folder, env, encoding: 'utf8', timeout: 50_000 },
  )
  expect(status, stderr).toBe(1)
  const { testResults } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
    testResults: {
      assertionResults: { title: string; status: string; failureMessages: string[]; duration: number }[]
    }[]
  }
  const results = testResults[0]!.assertionResults
  expect(results.map(({ title, status: outcome }) => [title, outcome])).toEqual([
    ['a request with one query', 'passed'],
    ['a handle is flushed by the matcher', 'passed'],
    ['FAILS: many queries', 'failed'],
  ])
  expect(results[2]!.failureMessages[0]).toMatch(/expected no N\+1, found 1:\s+SELECT \* FROM stock WHERE id = \?/)
  // batches that wait for seconds would show here
  for (const { duration } of results) expect(duration).toBeLessThan(2000)
  expect(performance.now() - started).toBeLessThan(40_000)
})

test('the matchers have types in vitest and in jest', () => {
  writeFileSync(
    path.join(folder, 'types.mts'),
    `import { expect } from 'vitest'
import { assertSpan, startTelemetry } from 'uptrace-node/testing'
import 'uptrace-node/testing/vitest'
import type {} from 'uptrace-node/testing/jest'
const telemetry = await startTelemetry({ serviceName: 'a' })
const trace = await telemetry.capture(() => 5)
export const result: number = trace.result
expect(trace).toHaveSpan({ name: 'a', attributes: { b: /c/ } })
export const later: Promise<void> = expect(telemetry).toHaveQueryCount({ max: 2 })
export const after: Promise<void> = assertSpan(telemetry, { name: 'a' })
assertSpan(trace, { name: 'a' })
declare const jestExpect: <T>(actual: T) => jest.Matchers<void, T>
jestExpect(trace).toHaveNoErrors()
// @ts-expect-error an unknown field of a filter is found at compile time
expect(trace).toHaveSpan({ nam: 'a' })
`,
  )
  const options = [
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--strict',
    '--noEmit',
    '--skipLibCheck',
    '--ignoreConfig',
    '--types',
    'node',
  ]
  const types = ['--typeRoots', path.join(ROOT, 'node_modules/@types')]
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, ...types, 'types.mts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
})

test('node:test, CommonJS: assertions work, and a test that fails before it closes anything holds nothing up', () => {
  const file = path.join(folder, 'shop.test.cjs')
  writeFileSync(
    file,
    `const test = require('node:test')
const { startTelemetry, assertSpan, assertQueryCount, assertNoErrors } = require('uptrace-node/testing')
const { trace } = require('@opentelemetry/api')
test('passes', async () => {
  globalThis.telemetry = await startTelemetry()
  const captured = await telemetry.capture(() => trace.getTracer('t').startActiveSpan('work', (span) => span.end()))
  assertSpan(captured, { name: 'work', parentSpanId: captured.root.spanId })
  assertQueryCount(captured, 0)
})
test('FAILS', async () => {
  await telemetry.clear()
  trace.getTracer('t').startSpan('late').setStatus({ code: 2, message: 'boom' }).end()
  await assertNoErrors(telemetry)
})
test('a span that never ends is waited for, but not for ever', async () => {
  trace.getTracer('t').startSpan('open')
  await assertSpan(telemetry, { name: 'late' })
})
`,
  )
  const { stdout, status, signal } = spawnSync(process.execPath, ['--test', '--test-reporter', 'tap', file], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect({ status, signal }, stdout).toEqual({ status: 1, signal: null })
  expect(stdout).toMatch(/^ok 1 - passes$/m)
  expect(stdout).toMatch(/^not ok 2 - FAILS$/m)
  expect(stdout).toMatch(/found 1:\n\s+late: boom/)
  expect(stdout).toMatch(/^ok 3 - a span/m)
})

test('jest: the door adds to the global expect, and says so where there is none', () => {
  const run = (code: string) => spawnSync(process.execPath, ['-e', code], { cwd: folder, env, encoding: 'utf8' })
  const added = run(
    `globalThis.expect = { extend: (added) => console.log(Object.keys(added).join()) }; require('uptrace-node/testing/jest')`,
  )
  expect(added.stdout.trim()).toBe('toHaveSpan,toHaveNoErrors,toHaveNoNPlusOne,toHaveQueryCount')
  expect(run(`require('uptrace-node/testing/jest')`).stderr).toContain('setupFilesAfterEnv')
})

test('it is refused when OpenTelemetry is configured already, or switched off', () => {
  const run = (code: string, more = {}) =>
    spawnSync(process.execPath, ['-e', code], { cwd: folder, env: { ...env, ...more }, encoding: 'utf8' }).stdout
  const start = `require('uptrace-node/testing').startTelemetry().catch(({ message }) => console.log(message))`
  const configured = `require('uptrace-node').configureOpentelemetry({ dsn: 'http://t@localhost:1' });`
  expect(run(configured + start)).toContain('configured already')
  expect(run(start, { OTEL_SDK_DISABLED: 'true' })).toContain('nothing is recorded')
})
