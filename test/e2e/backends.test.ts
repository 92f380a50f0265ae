/** One program, one changed word: it ends in each real server, from which it is read back and compared. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { decodeAny } from '../../src/wire/decode-any.ts'
import type { DecodedSpan } from '../../src/wire/decode-types.ts'
import {
  type Collector,
  eventually,
  freePort,
  isBuilt,
  type Jaeger,
  startCollector,
  startJaeger,
} from '../support/backends.ts'
import { type RunResult, runFile } from '../support/run-node.ts'

const PROGRAM = path.join(import.meta.dirname, '../../examples/backends/main.mjs')
const CLI = path.join(import.meta.dirname, '../../dist/cli.cjs')
const { UPTRACE_TEST_ZIPKIN_URL: zipkin, UPTRACE_TEST_PROMETHEUS_URL: prometheus } = process.env
const targets = process.env['UPTRACE_TEST_PROMETHEUS_TARGETS']

const hasJaeger = isBuilt('jaeger')
const hasCollector = isBuilt('otelcol')

function isThere(what: string, url: string | undefined): boolean {
  if (url === undefined) console.log(`left out: ${what} is not running (scripts/services.sh start, and its env)`)
  return url !== undefined
}

/** What all back ends show of the trace; `id` of the first span is what `traceUrl` ends with or names. */
interface Shown {
  name: string
  parent: string | undefined
  kind: number
  status: [number, string]
  attributes: Record<string, unknown>
  events: Array<[string, Record<string, unknown>]>
  links: string[]
}

const EXPECTED: Shown[] = [
  {
    name: 'charge',
    parent: 'checkout',
    kind: 3,
    status: [2, 'the card was declined'],
    attributes: { 'server.address': 'bank.example' },
    events: [['retry', { attempt: 2, reason: 'timeout' }]],
    links: [expect.stringMatching(/^[0-9a-f]{32} [0-9a-f]{16}$/)],
  },
  {
    name: 'checkout',
    parent: undefined,
    kind: 2,
    status: [0, ''],
    attributes: { 'http.route': '/checkout', items: 3 },
    events: [],
    links: [],
  },
  {
    name: 'receipt',
    parent: 'checkout',
    kind: 4,
    status: [0, ''],
    attributes: { 'messaging.system': 'kafka' },
    events: [],
    links: [],
  },
]

function show(json: unknown, traceId: string): Shown[] {
  const spans = decodeAny(json)
    .flatMap(({ traces }) => traces.flatMap(({ items }) => items))
    .filter((span) => span.traceId === traceId)
  const nameOf = new Map(spans.map((span) => [span.spanId, span.name]))
  return spans.map((span) => toShown(span, nameOf)).sort((a, b) => a.name.localeCompare(b.name))
}

const OWN = ['http.route', 'items', 'server.address', 'messaging.system']

function toShown(span: DecodedSpan, nameOf: ReadonlyMap<string, string>): Shown {
  return {
    name: span.name,
    parent: span.parentSpanId === '' ? undefined : nameOf.get(span.parentSpanId),
    kind: span.kind,
    status: [span.statusCode, span.statusMessage],
    attributes: Object.fromEntries(Object.entries(span.attributes).filter(([name]) => OWN.includes(name))),
    events: span.events.map(({ name, attributes }) => [name, attributes]),
    links: span.links.map(({ traceId, spanId }) => `${traceId} ${spanId}`),
  }
}

async function run(backend: string, env: Record<string, string> = {}): Promise<{ line: string; traceId: string }> {
  const result = await runFile(PROGRAM, { env: { UPTRACE_BACKEND: backend, ...env } })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  return { line: result.stdout.trim(), traceId: /[0-9a-f]{32}/.exec(result.stdout)![0] }
}

const json = (url: string, init?: RequestInit): Promise<unknown> =>
  fetch(url, init).then((response) => (response.ok ? response.json() : []))

const isWhole = (spans: unknown[]): boolean => spans.length === 3
const stops: Array<() => unknown> = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

describe('UPTRACE_BACKEND alone says where the same program ends', () => {
  let jaeger: Jaeger
  let collector: Collector
  beforeAll(async () => {
    const [one, two] = await Promise.all([
      hasJaeger ? startJaeger() : undefined,
      hasCollector ? startCollector() : undefined,
    ])
    if (one) jaeger = one
    if (two) collector = two
  }, 30_000)
  afterAll(() => Promise.all([jaeger?.stop(), collector?.stop()]))

  test.skipIf(!hasJaeger)('jaeger', async () => {
    const { line, traceId } = await run(`jaeger://127.0.0.1:${jaeger.otlpPort}`, { UPTRACE_SITE_URL: jaeger.queryUrl })
    expect(line).toMatch(new RegExp(`^${jaeger.queryUrl}/trace/${traceId}\\?uiFind=[0-9a-f]{16}$`))
    const read = async () => show(await json(`${jaeger.queryUrl}/api/traces/${traceId}`).catch(() => []), traceId)
    expect(await eventually(() => read().catch(() => []), isWhole)).toEqual(EXPECTED)
    expect((await fetch(line)).status).toBe(200)
  })

  test.skipIf(!isThere('Zipkin', zipkin))(
    'zipkin, whose format keeps texts only and names in small letters',
    async () => {
      const { line, traceId } = await run(`zipkin://${new URL(zipkin!).host}`)
      expect(line).toBe(`${zipkin}/zipkin/traces/${traceId}`)
      const read = async () => show(await json(`${zipkin}/api/v2/trace/${traceId}`), traceId)
      expect(await eventually(() => read().catch(() => []), isWhole)).toEqual(
        EXPECTED.map((span) => ({
          ...span,
          ...(span.name === 'checkout' && { attributes: { ...span.attributes, items: '3' } }),
        })),
      )
      expect((await fetch(line)).status).toBe(200)
      const services = await json(`${zipkin}/api/v2/remoteServices?serviceName=shop`)
      expect(services).toContain('bank.example')
    },
  )

  test.skipIf(!hasCollector)('collector, with metrics', async () => {
    const { line, traceId } = await run(`collector://127.0.0.1:${collector.httpPort}`)
    expect(line).toBe(`trace ${traceId}`)
    const read = () => show(collector.output(), traceId)
    expect(await eventually(() => (collector.output().length > 0 ? read() : []), isWhole)).toEqual(EXPECTED)
    const metrics = await eventually(
      () => JSON.stringify(collector.output()),
      (text) => text.includes('shop.orders'),
    )
    expect(metrics).toContain('"country"')
  })

  test.skipIf(!hasJaeger || !hasCollector)('several, and each gets all that it takes', async () => {
    const { traceId } = await run(`collector://127.0.0.1:${collector.httpPort},jaeger://127.0.0.1:${jaeger.otlpPort}`)
    const fromJaeger = async () => show(await json(`${jaeger.queryUrl}/api/traces/${traceId}`), traceId)
    expect(await eventually(() => fromJaeger().catch(() => []), isWhole)).toEqual(EXPECTED)
    const fromCollector = () => (collector.output().length > 0 ? show(collector.output(), traceId) : [])
    expect(await eventually(fromCollector, isWhole)).toEqual(EXPECTED)
  })

  test('local', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'uptrace-backend-'))
    const noTest = { CI: '', NODE_ENV: '', VITEST: '', VITEST_WORKER_ID: '', VITEST_POOL_ID: '', TEST: '' }
    const env = { ...noTest, XDG_STATE_HOME: path.join(home, 'state'), XDG_CACHE_HOME: path.join(home, 'cache') }
    stops.push(() => {
      execFileSync(process.execPath, [CLI, 'ui', '--stop'], { env: { ...process.env, ...env } })
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    })
    const { line, traceId } = await run('local', env)
    const { port, token } = JSON.parse(readFileSync(path.join(home, 'state/uptrace-node/viewer.json'), 'utf8'))
    expect(line).toMatch(new RegExp(`^http://localhost:${port}/traces/${traceId}\\?span_id=[0-9a-f]{16}$`))
    const url = `http://localhost:${port}/api/v1/traces/${traceId}/export`
    const read = async () => show(await json(url, { headers: { authorization: `Bearer ${token}` } }), traceId)
    expect(await eventually(() => read().catch(() => []), isWhole)).toEqual(EXPECTED)
  })

  test('console', async () => {
    const { stdout, stderr, code } = await runFile(PROGRAM, { env: { UPTRACE_BACKEND: 'console' } })
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    const [, traceId] = /^trace ([0-9a-f]{32})$/m.exec(stdout)!
    const [, root] = new RegExp(`trace_id=${traceId} span_id=(\\w+) parent=- `).exec(stdout)!
    expect(stdout).toMatch(
      new RegExp(
        `^span charge \\[client\\] [\\d.]+ms ERROR \\(the card was declined\\)\n.* parent=${root} .*\n.*bank\\.example"\n  event retry {"attempt":2,"reason":"timeout"}\n  link trace_id=[0-9a-f]{32} span_id=[0-9a-f]{16} {"reason":"reserved before"}$`,
        'm',
      ),
    )
    expect(stdout).toMatch(/^span receipt \[producer\]/m)
    expect(stdout).toMatch(/^metric shop\.orders 3 {"country":"DE"}$/m)
  })

  test.skipIf(!isThere('Prometheus', prometheus))('prometheus, which asks the program for its metrics', async () => {
    const port = await freePort()
    const file = path.join(targets!, `program-${port}.json`)
    writeFileSync(file, JSON.stringify([{ targets: [`127.0.0.1:${port}`], labels: { run: String(port) } }]))
    stops.push(() => rmSync(file))
    let stopProgram = (): void => {}
    const ended: Promise<RunResult> = runFile(PROGRAM, {
      args: ['60'],
      env: { UPTRACE_BACKEND: `prometheus://127.0.0.1:${port}` },
      onStart: ({ kill }) => {
        stopProgram = () => kill('SIGTERM')
      },
    })
    type Answer = { data?: { result: Array<{ metric: Record<string, string>; value: [number, string] }> } }
    const query = encodeURIComponent(`shop_orders_total{run="${port}"}`)
    const { data } = await eventually(
      () => json(`${prometheus}/api/v1/query?query=${query}`) as Promise<Answer>,
      (answer) => (answer.data?.result.length ?? 0) > 0,
      15_000,
    )
    expect(data!.result).toMatchObject([{ metric: { country: 'DE' }, value: [expect.anything(), '3'] }])
    stopProgram()
    expect(await ended).toMatchObject({ stderr: '' })
  })
})
