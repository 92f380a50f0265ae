/** The local viewer from the built package: `dsn: 'local'`, `dev` beside a DSN in code, the door for test suites. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { eventually } from '../support/backends.ts'
import { PACKAGE, runSource } from '../support/run-node.ts'

const CLI = path.join(PACKAGE, 'dist/cli.cjs')
const NOT_A_TEST = { CI: '', NODE_ENV: '', VITEST: '', VITEST_WORKER_ID: '', VITEST_POOL_ID: '', TEST: '' }

let home: string
let env: Record<string, string>
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'uptrace-local-'))
  env = { ...NOT_A_TEST, XDG_STATE_HOME: path.join(home, 'state'), XDG_CACHE_HOME: path.join(home, 'cache') }
})
afterEach(() => {
  execFileSync(process.execPath, [CLI, 'ui', '--stop'], { env: { ...process.env, ...env } })
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
})

interface Listed {
  readonly service: string
  readonly name: string
}

async function traces(): Promise<Listed[]> {
  const { port, token } = JSON.parse(readFileSync(path.join(home, 'state/uptrace-node/viewer.json'), 'utf8'))
  const response = await fetch(`http://localhost:${port}/api/v1/traces`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return ((await response.json()) as { traces: Listed[] }).traces.map(({ service, name }) => ({ service, name }))
}

const WORK = (options: string): string => `
  const { configureOpentelemetry, traceUrl } = require('uptrace-node')
  configureOpentelemetry(${options})
  const span = require('@opentelemetry/api').trace.getTracer('t').startSpan('work')
  console.log(traceUrl(span))
  span.end()`

test.for([
  ['the option', `{ dsn: 'local', serviceName: 'a' }`, {}],
  ['the variable', `{ serviceName: 'a' }`, { UPTRACE_DSN: 'local' }],
  ['a protocol that the viewer does not speak', `{ dsn: 'local', serviceName: 'a', protocol: 'grpc' }`, {}],
] as const)('local by %s starts the viewer, which outlives the program', async ([, options, more]) => {
  const first = await runSource('cjs', WORK(options), { env: { ...env, ...more } })
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toMatch(/^http:\/\/localhost:\d+\/traces\/[0-9a-f]{32}\?span_id=[0-9a-f]{16}\n$/)
  await eventually(traces, (list) => list.length === 1)
  // the second program finds it
  const second = await runSource('cjs', WORK(options), { env: { ...env, ...more } })
  expect(new URL(second.stdout).origin).toBe(new URL(first.stdout).origin)
  expect(await eventually(traces, (list) => list.length === 2)).toEqual([
    { service: 'a', name: 'work' },
    { service: 'a', name: 'work' },
  ])
  const page = await fetch(first.stdout.trim())
  expect(page.status).toBe(200)
  expect(page.headers.get('link')).toMatch(
    /^<\/api\/v1\/traces\/[0-9a-f]{32}\?limit=200&preview=1>; rel=preload; as=fetch; /,
  )
  const script = /src="([^"]+)"/.exec(await page.text())![1]!
  expect(script).toMatch(/^\/app\.js\?v=[0-9a-f]{16}$/)
  const cacheControl = async (address: string) => (await fetch(new URL(address, page.url))).headers.get('cache-control')
  expect(await cacheControl(script)).toBe('private, max-age=31536000, immutable')
  expect(await cacheControl('/app.js?v=other')).toBe('no-cache')
})

test.for([
  ['production', { NODE_ENV: 'production' }, /NODE_ENV is production/],
  ['CI', { CI: 'true' }, /CI is set/],
  ['a test runner', { VITEST: 'true' }, /test runner.*startViewer/],
] as const)('local is refused in %s, with one line', async ([, more, reason]) => {
  const result = await runSource('cjs', WORK(`{ dsn: 'local' }`), { env: { ...env, ...more } })
  expect(result.code).toBe(0)
  expect(result.stderr.trim().split('\n')).toEqual([expect.stringMatching(reason)])
  expect(result.stderr).toContain('telemetry is disabled')
})

describe('dev', () => {
  let sink: Sink
  beforeEach(async () => {
    sink = await startSink()
  })
  afterEach(() => sink.close())

  test('sends to the viewer, not to the DSN in code, and keeps what code says of the service', async () => {
    const program = WORK(`{ dsn: 'http://t@localhost:${sink.port}', serviceName: 'from-code' }`)
    const runner = `
      const { spawnSync } = require('child_process'); const { writeFileSync } = require('fs'); const path = require('path')
      writeFileSync(path.join(__dirname, 'app.cjs'), ${JSON.stringify(program)})
      const { stdout, stderr, status } = spawnSync(process.execPath, [${JSON.stringify(CLI)}, 'dev', '--port', '0', path.join(__dirname, 'app.cjs')], { encoding: 'utf8' })
      process.stdout.write(JSON.stringify({ stdout, stderr, status }))`
    const { stdout, stderr, status } = JSON.parse((await runSource('cjs', runner, { env })).stdout)
    expect(status).toBe(0)
    expect(stderr).not.toContain('uptrace:')
    const { origin, pathname } = new URL(stdout)
    expect(stderr).toContain(`${origin}/t/${pathname.split('/').at(-1)!.slice(0, 8)}`)
    expect(await eventually(traces, (list) => list.length > 0)).toEqual([{ service: 'from-code', name: 'work' }])
    expect(sink.received).toEqual([])
  })
})

const NODE_20 = path.join(import.meta.dirname, '../../.cache/nodes/20/node')
if (!existsSync(NODE_20)) console.log('skipped: Node 20 is not installed (scripts/install-nodes.sh installs it)')

test.skipIf(!existsSync(NODE_20)).for([['ui'], ['dev', 'app.js']])('%s on Node 20 says what it needs', (args) => {
  const { status, stderr } = spawnSync(NODE_20, [CLI, ...args], { env: { ...process.env, ...env }, encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /^uptrace-node: The local viewer [^\n]+ it needs Node\.js 22\.13 or newer, this is 20\.\d+\.\d+\.\n$/,
  )
})

test('options in code take the place of what the preload found', async () => {
  const sink = await startSink()
  try {
    const source = `
      const http = require('http')
      ${WORK(`{ serviceName: 'from-code' }`)}
      const server = http.createServer((request, response) => response.end()).listen(0, async () => { await fetch('http://localhost:' + server.address().port); server.close() })`
    const dsn = { UPTRACE_DSN: `http://t@localhost:${sink.port}`, OTEL_SERVICE_NAME: 'from-environment' }
    const result = await runSource('cjs', source, { flags: ['--import', 'uptrace-node/register'], env: dsn })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(
      sink
        .items('traces')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['GET', 'GET', 'work'])
    const services = sink.received
      .filter(({ signal }) => signal === 'traces')
      .flatMap(({ request }) => JSON.stringify(request).match(/from-\w+/g))
    expect(new Set(services)).toEqual(new Set(['from-code']))
  } finally {
    await sink.close()
  }
})

test.for(['cjs', 'mjs'] as const)('startViewer in a test suite (%s)', async (kind) => {
  const head =
    kind === 'mjs'
      ? `import { startViewer } from 'uptrace-node/viewer'; import { configureOpentelemetry, forceFlush, shutdown, withSpan } from 'uptrace-node'; import http from 'node:http'; import { logs } from '@opentelemetry/api'`
      : `const { startViewer } = require('uptrace-node/viewer'); const { configureOpentelemetry, forceFlush, shutdown, withSpan } = require('uptrace-node'); const http = require('http'); const { logs } = require('@opentelemetry/api')`
  const body = `
    const viewer = await startViewer({ memory: true })
    configureOpentelemetry({ dsn: viewer.dsn, serviceName: 'tested' })
    const server = http.createServer((request, response) => { logs.getLogger('l').emit({ body: 'inside' }); response.end() })
    await new Promise((resolve) => server.listen(0, resolve))
    await withSpan('case', async () => (await fetch('http://localhost:' + server.address().port)).text())
    await forceFlush()
    const trace = await viewer.waitForTrace((trace) => trace.spans.length === 3)
    console.log(JSON.stringify({ names: trace.spans.map(({ name }) => name).sort(), logs: viewer.findLogs({ traceId: trace.traceId }).map(({ body }) => body), all: viewer.findSpans().length, metric: viewer.metrics(/^http.server/).map(({ name }) => name) }))
    server.close(); await shutdown(); await viewer.close()`
  const result = await runSource(kind, `${head}\n${kind === 'cjs' ? `;(async () => { ${body} })()` : body}`)
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(result.stdout)).toEqual({
    names: ['GET', 'GET', 'case'],
    logs: ['inside'],
    all: 3,
    metric: ['http.server.request.duration'],
  })
})

test('a span that never ends: shown while the program lives, found by the insights when it has ended', async () => {
  const source = `
    const { configureOpentelemetry } = require('uptrace-node')
    configureOpentelemetry({ dsn: 'local', serviceName: 'stuck' })
    const span = require('@opentelemetry/api').trace.getTracer('t').startSpan('never ends')
    console.log(span.spanContext().traceId)
    setTimeout(() => {}, 6000)`
  const program = { read: (): string => '' }
  const running = runSource('cjs', source, {
    env,
    onStart: (child) => {
      program.read = () => child.stdout
    },
  })
  const ask = async (route: string): Promise<string> => {
    const { port, token } = JSON.parse(readFileSync(path.join(home, 'state/uptrace-node/viewer.json'), 'utf8'))
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`http://localhost:${port}${route}`, { headers })).text()
  }
  await eventually(
    () => ask(`/api/v1/traces/${program.read().trim()}`).catch(() => ''),
    (text) => text.includes('never ends') && text.includes('"running":true'),
  )
  expect(await running).toMatchObject({ code: 0, stderr: '' })
  await eventually(
    () => ask('/api/v1/insights'),
    (text) => text.includes('unclosed') && text.includes('never ends'),
  )
})
