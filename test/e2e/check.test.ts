/** `uptrace-node check` as a pipeline runs it: a program in a process of its own, the exit code, the report, the files. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startViewer } from '../../src/viewer/index.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const CLI = path.join(ROOT, 'dist/cli.cjs')
const EXAMPLE = path.join(ROOT, 'examples/check')
const POSTGRES = process.env['UPTRACE_TEST_POSTGRES_URL']
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|NODE_TEST|OTEL_|UPTRACE_(?!TEST))/.test(name)),
)

// each starts several processes
vi.setConfig({ testTimeout: 90_000 })

let folder: string
beforeAll(() => {
  // within the repository, where programs find the package and its dev dependencies
  mkdirSync(path.join(ROOT, '.cache/programs'), { recursive: true })
  folder = mkdtempSync(path.join(ROOT, '.cache/programs/check-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function check(args: readonly string[], cwd = folder) {
  return spawnSync(process.execPath, [CLI, 'check', ...args], { cwd, env, encoding: 'utf8', timeout: 30_000 })
}

function program(name: string, source: string): string {
  writeFileSync(
    path.join(folder, name),
    `const { trace } = require('@opentelemetry/api')\nconst tracer = trace.getTracer('t')\n${source}`,
  )
  return name
}

describe('the example', () => {
  test('fails on the N+1, with the line that makes the calls, and writes JUnit and traces', () => {
    const [junit, output] = ['artifacts/check.xml', 'artifacts/traces.jsonl'].map((file) => path.join(folder, file))
    const { status, stderr } = check(
      ['--junit', junit!, '--output', output!, '--budget', 'budget.json', '--', 'node', '--test', 'fails.test.mjs'],
      EXAMPLE,
    )
    const line =
      readFileSync(path.join(EXAMPLE, 'shop.mjs'), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('await fetch')) + 1
    expect(status, stderr).toBe(1)
    expect(stderr).toMatch(/✗ GET localhost:\d+\/stock is run again and again in GET \/orders\n {6}at shop\.mjs:/)
    expect(stderr).toContain(`at shop.mjs:${line}\n`)
    expect(stderr).toContain('uptrace-node check failed: 1 finding')
    expect(readFileSync(junit!, 'utf8')).toContain(`file="shop.mjs" line="${line}"`)
    const [request] = readFileSync(output!, 'utf8').trim().split('\n')
    expect(JSON.parse(request!)).toHaveProperty('resourceSpans')
  })

  test('passes once the calls are one', () => {
    const { status, stderr } = check(['--budget', 'budget.json', '--', 'node', '--test', 'passes.test.mjs'], EXAMPLE)
    expect(status, stderr).toBe(0)
    expect(stderr).toContain('uptrace-node check passed; 1 trace, 2 requests')
    expect(stderr).not.toContain('uptrace:')
  })

  test('passes when it is allowed, and fails when it goes over a budget', () => {
    const allowed = check(['--allow', 'n-plus-one:GET /orders', '--', 'node', '--test', 'fails.test.mjs'], EXAMPLE)
    expect(allowed.status, allowed.stderr).toBe(0)
    expect(allowed.stderr).toContain('passed, 1 allowed')
    writeFileSync(path.join(folder, 'small.json'), '{ "GET /orders": { "maxSpans": 3 }, "GET /typo": {} }')
    const small = ['--allow', 'n-plus-one', '--budget', path.join(folder, 'small.json')]
    const over = check([...small, '--', 'node', '--test', 'fails.test.mjs'], EXAMPLE)
    expect(over.status).toBe(1)
    expect(over.stderr).toMatch(/✗ GET \/orders makes \d+ spans, at most 3 are allowed/)
    expect(over.stderr).toContain('note: no request is named "GET /typo"')
  })
})

test('an error fails with the line that threw, and what the program prints stays its own', () => {
  const file = program(
    'throws.cjs',
    `tracer.startActiveSpan('job', (span) => {
  try { load() } catch (error) { span.recordException(error); span.setStatus({ code: 2 }) }
  span.end()
})
function load() { throw new TypeError('order 7 is gone') }
console.log('done')`,
  )
  const { status, stdout, stderr } = check([file])
  expect(stdout).toBe('done\n')
  expect(status).toBe(1)
  expect(stderr).toMatch(/Errors\n {2}✗ TypeError: order 7 is gone\n {6}at throws\.cjs:7\n/)
})

test('a span that never ends fails, even in a process that ends soon', () => {
  const file = program(
    'open.cjs',
    `tracer.startSpan('done').end(); tracer.startSpan('left open'); setTimeout(() => {}, 300)`,
  )
  const { status, stderr } = check([file])
  expect(status, stderr).toBe(1)
  expect(stderr).toMatch(/Never ended\n {2}✗ left open was started and never ended\n/)
})

test('the exit code of a command that fails stays, with findings or without', () => {
  expect(check([program('ends.cjs', `tracer.startSpan('a').end(); process.exit(7)`)]).status).toBe(7)
  const missing = check(['--', 'no-such-command-anywhere'])
  expect(missing.status).toBe(127)
  expect(missing.stderr).toContain('no-such-command-anywhere')
})

test('a command that sends nothing does not pass', () => {
  const { status, stderr } = check(['--', 'true'])
  expect(status).toBe(1)
  expect(stderr).toContain('✗ no trace arrived')
  expect(check(['--allow', 'no-telemetry', '--', 'true']).status).toBe(0)
})

test('a viewer that runs is looked at without a command; a command in it sees its own traces only', async () => {
  await using viewer = await startViewer()
  const failing = program(
    'failing.cjs',
    `const span = tracer.startSpan('fails'); span.setStatus({ code: 2, message: 'no' }); span.end()`,
  )
  const fine = program('fine.cjs', `tracer.startSpan('fine').end()`)
  const run = async (args: readonly string[]) => {
    const { spawn } = await import('node:child_process')
    const child = spawn(process.execPath, [CLI, 'check', '--viewer', viewer.dsn, ...args], {
      cwd: folder,
      env,
      stdio: 'ignore',
    })
    return new Promise((resolve) => child.on('close', resolve))
  }
  expect(await run([failing])).toBe(1)
  expect(await run([fine])).toBe(0)
  expect(await run([])).toBe(1)
  expect(await run(['--query', 'name:fine'])).toBe(0)
})

test('a suite that records its own telemetry is checked all the same', () => {
  writeFileSync(
    path.join(folder, 'own.test.mjs'),
    `import test from 'node:test'
import { trace } from '@opentelemetry/api'
import { assertSpan, startTelemetry } from 'uptrace-node/testing'
const telemetry = await startTelemetry()
test('own', async () => {
  const captured = await telemetry.capture(() => {
    for (let at = 0; at < 6; at++)
      trace.getTracer('t').startSpan('q', { kind: 2, attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT ' + at + ' FROM a' } }).end()
  })
  assertSpan(captured, { name: 'q' })
})`,
  )
  const { status, stdout, stderr } = check(['--', 'node', '--test', 'own.test.mjs'])
  expect(stdout).toMatch(/^ℹ pass 1$/m)
  expect(status, stderr).toBe(1)
  expect(stderr).toMatch(/SELECT \? FROM a is run again and again in test\n {6}at own\.test\.mjs:8\n/)
})

test.skipIf(!POSTGRES)('queries through a pool: the line of the application is found', () => {
  const file = program(
    'pool.cjs',
    `const { Pool } = require('pg')
const pool = new Pool({ connectionString: process.env.UPTRACE_TEST_POSTGRES_URL, max: 1 })
async function readItems() {
  for (let id = 0; id < 6; id++)
    await pool.query('SELECT $1::int AS id', [id])
}
tracer.startActiveSpan('job', async (span) => { await readItems(); span.end(); await pool.end() })`,
  )
  const { status, stderr } = check([file])
  expect(status, stderr).toBe(1)
  expect(stderr).toMatch(/N\+1\n {2}✗ SELECT.*is run again and again in job\n {6}at pool\.cjs:7\n/)
})
