/** Spans that back ends find hard end in each real server, from which they are read back and compared: what each cannot hold is in a table here. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeAny } from '../../src/wire/decode-any.ts'
import type { DecodedSpan, Value, ValueMap } from '../../src/wire/decode-types.ts'
import { type Collector, eventually, isBuilt, type Jaeger, startCollector, startJaeger } from '../support/backends.ts'
import { runFile } from '../support/run-node.ts'

const PROGRAM = path.join(import.meta.dirname, '../fixtures/back-ends/hard-spans.mjs')
const CLI = path.join(import.meta.dirname, '../../dist/cli.cjs')
const { UPTRACE_TEST_ZIPKIN_URL: zipkin } = process.env
const REMOTE_PARENT = '00000000000000aa'

const ATTRIBUTES: Record<string, Value> = {
  empty: '',
  space: ' ',
  unicode: 'żółć 日本語 👩‍👩‍👧 \u0000 \u2028 "quoted" \\ <b>',
  long: 'ab😀'.repeat(2_500),
  yes: true,
  no: false,
  zero: 0,
  negative: -42,
  safe: Number.MAX_SAFE_INTEGER,
  // beyond what a number of JavaScript holds, JSON has them as text
  unsafe: '9007199254740994',
  int64: '9223372036854775807',
  lowest: '-9223372036854775808',
  beyond: '18446744073709551616',
  huge: 1e300,
  fraction: 0.1,
  tiny: 5e-324,
  texts: ['a', '', 'ü'],
  numbers: [1, 2.5, -3],
  flags: [true, false],
  mixed: ['a', 1, true, null],
  none: [],
  'name with spaces': 'x',
  ключ: 'значение',
}
const TYPED = { attempt: 3, final: true, ratio: 0.5, reasons: ['a', 'b'], text: 'ü "q"', none: '' }

/** What a back end makes of what it cannot hold. */
interface Losses {
  value?(value: Value): Value
  eventValue?(value: Value): Value
  name?(name: string): string
  /** Links have ids alone, and nobody is told how many events and links were dropped. */
  readonly hasNoCounts?: true
}
const listAsText = (value: Value): Value => (Array.isArray(value) ? JSON.stringify(value) : value)
const JAEGER: Losses = { value: listAsText, eventValue: listAsText, hasNoCounts: true }
const ZIPKIN: Losses = {
  value: (value) => (typeof value === 'string' ? value.replace('\u2028', '\n') : JSON.stringify(value)),
  name: (name) => name.toLowerCase(),
}

const mapValues = (values: ValueMap, change: (value: Value) => Value = (value) => value): ValueMap =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))

/** @param spans all of the trace, as the server gives them back */
function compare(spans: readonly DecodedSpan[], losses: Losses = {}): void {
  const name = losses.name ?? ((text: string) => text)
  const find = (given: string): DecodedSpan => spans.find((span) => span.name === name(given))!
  const message = find('orders process')
  expect(
    spans
      .map((span) => [span.name, span.kind, span.parentSpanId, span.traceState])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
  ).toEqual(
    [
      ['', 3, message.spanId, 'vendor=value'],
      [name('GET /żółw/:id'), 2, message.spanId, 'vendor=value'],
      ['attributes', expect.toBeOneOf([0, 1]), message.spanId, 'vendor=value'],
      ['orders process', 5, REMOTE_PARENT, 'vendor=value'],
      ['send', 4, message.spanId, 'vendor=value'],
      ['x'.repeat(300), expect.toBeOneOf([0, 1]), message.spanId, 'vendor=value'],
    ].sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
  )

  const types = find('attributes')
  const resource = /^(?:host|os|process|service|telemetry)\./
  expect(Object.fromEntries(Object.entries(types.attributes).filter(([key]) => !resource.test(key)))).toEqual(
    mapValues(ATTRIBUTES, losses.value),
  )
  expect([types.statusCode, types.statusMessage]).toEqual([1, ''])

  const failed = find('send')
  expect([failed.statusCode, failed.statusMessage]).toEqual([2, 'cannot send: "ü"'])
  expect(failed.events.map((event) => [event.name, event.attributes])).toEqual([
    [
      'exception',
      {
        'exception.type': 'TypeError',
        'exception.message': 'cannot send',
        'exception.stacktrace': expect.stringMatching(/^TypeError: cannot send\n {4}at .*hard-spans\.mjs/),
      },
    ],
    ['bare', {}],
    ['typed', mapValues(TYPED, losses.eventValue)],
  ])

  expect(message.events.map((event) => [event.name, event.attributes])).toEqual(
    Array.from({ length: 128 }, (_, index) => [`event ${index + 2}`, { index: index + 2 }]),
  )
  expect(message.links.map((link) => [link.traceId, link.spanId, link.attributes])).toEqual(
    Array.from({ length: 128 }, (_, index) => [
      String(index + 3).padStart(32, 'b'),
      String(index + 3).padStart(16, 'c'),
      losses.hasNoCounts ? {} : { 'messaging.kafka.offset': index + 2, 'messaging.message.id': `m|${index + 2}` },
    ]),
  )
  if (!losses.hasNoCounts) expect([message.droppedEvents, message.droppedLinks]).toEqual([2, 2])
}

/** Runs the program, and waits until the server has the trace as a whole. */
async function send(
  backend: string,
  read: (traceId: string) => unknown,
  env: Record<string, string> = {},
): Promise<DecodedSpan[]> {
  const traceId = randomBytes(16).toString('hex')
  const result = await runFile(PROGRAM, { args: [traceId], env: { UPTRACE_BACKEND: backend, ...env } })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  expect(result.stdout).toContain(traceId)
  const spans = async (): Promise<DecodedSpan[]> =>
    decodeAny(await read(traceId))
      .flatMap(({ traces }) => traces.flatMap(({ items }) => items))
      .filter((span) => span.traceId === traceId)
  return eventually(
    () => spans().catch(() => []),
    (all) => all.length === 6,
  )
}

const json = (url: string, init?: RequestInit): Promise<unknown> => fetch(url, init).then((response) => response.json())

let jaeger: Jaeger | undefined
let collector: Collector | undefined
beforeAll(async () => {
  ;[jaeger, collector] = await Promise.all([
    isBuilt('jaeger') ? startJaeger() : undefined,
    isBuilt('otelcol') ? startCollector() : undefined,
  ])
}, 30_000)
afterAll(() => Promise.all([jaeger?.stop(), collector?.stop()]))

test.skipIf(!isBuilt('jaeger'))('jaeger: lists are texts, links have no attributes', async () => {
  const { otlpPort, queryUrl } = jaeger!
  compare(await send(`jaeger://127.0.0.1:${otlpPort}`, (id) => json(`${queryUrl}/api/traces/${id}`)), JAEGER)
})

test.skipIf(zipkin === undefined)('zipkin: texts alone, names in small letters', async () => {
  compare(await send(`zipkin://${new URL(zipkin!).host}`, (id) => json(`${zipkin}/api/v2/trace/${id}`)), ZIPKIN)
})

test.skipIf(!isBuilt('otelcol')).for(['http/protobuf', 'http/json', 'grpc'])(
  'collector by %s: all as it was',
  async (protocol) => {
    const port = protocol === 'grpc' ? collector!.grpcPort : collector!.httpPort
    const env = { OTEL_EXPORTER_OTLP_PROTOCOL: protocol }
    compare(await send(`collector://127.0.0.1:${port}`, () => collector!.output(), env))
  },
)

test('local: all as it was', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'uptrace-hard-'))
  const noTest = { CI: '', NODE_ENV: '', VITEST: '', VITEST_WORKER_ID: '', VITEST_POOL_ID: '', TEST: '' }
  const env = { ...noTest, XDG_STATE_HOME: path.join(home, 'state'), XDG_CACHE_HOME: path.join(home, 'cache') }
  try {
    const read = (id: string): Promise<unknown> => {
      const { port, token } = JSON.parse(readFileSync(path.join(home, 'state/uptrace-node/viewer.json'), 'utf8'))
      return json(`http://localhost:${port}/api/v1/traces/${id}/export`, {
        headers: { authorization: `Bearer ${token}` },
      })
    }
    compare(await send('local', read, env))
  } finally {
    execFileSync(process.execPath, [CLI, 'ui', '--stop'], { env: { ...process.env, ...env } })
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
})
