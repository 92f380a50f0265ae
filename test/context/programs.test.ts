/** Propagation in whole programs: hostile messages, propagators of the application's own, and headers of other systems. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { startRelay } from './relay.ts'
import { SPAN_ID, TRACE_ID } from './support.ts'

let sink: Sink
beforeAll(async () => {
  sink = await startSink()
})
afterAll(() => sink.close())

const env = (more: Record<string, string> = {}) => ({
  UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}`,
  OTEL_METRICS_EXPORTER: 'none',
  ...more,
})
const PRELOADED = ['--import', 'uptrace-node/register']
const preloaded = (more: Record<string, string> = {}) => ({ flags: PRELOADED, env: env(more) })

/** Takes a message with these headers, and calls a server by fetch and by http.get in its context. */
const consume = (headers: string): string => `
import http from 'node:http'
import { context, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
const seen = []
const server = http.createServer((request, response) => { seen.push(request.headers.baggage ?? '-'); response.end() }).listen(0, async () => {
  const url = 'http://127.0.0.1:' + server.address().port
  await context.with(propagation.extract(ROOT_CONTEXT, ${headers}), async () => {
    await (await fetch(url)).text()
    await new Promise((resolve, reject) => http.get(url, (answer) => answer.resume().on('end', resolve)).on('error', reject))
  })
  console.log(JSON.stringify(seen))
  server.close()
})
`

describe('a hostile message does not end the process', () => {
  test.for<[string, string, string, string?]>([
    ['half an emoji in a property', `{ baggage: 'a=1;p=\\uD83D,b=2' }`, 'a=1;p=%EF%BF%BD,b=2'],
    ['half an emoji in a value', `{ baggage: 'a=x\\uD83D,b=2' }`, 'a=x%EF%BF%BD,b=2', 'baggage'],
    ['bytes that are no text', `{ baggage: 'a=%FF%C3,b=2' }`, 'a=%EF%BF%BD%EF%BF%BD,b=2', 'baggage'],
  ])('%s', async ([, headers, expected, propagators]) => {
    const result = await runSource(
      'mjs',
      consume(headers),
      preloaded(propagators ? { OTEL_PROPAGATORS: propagators } : {}),
    )
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(result.stdout)).toEqual([expected, expected])
  })
})

/** Every fault at once; `async` ones would end the process by a rejection. */
const BROKEN = `const broken = {
  inject(context, carrier, setter) { setter.set(carrier, 'x-own', 'é€'); setter.set(carrier, 'no name', '1'); setter.set(carrier, 'x-good', '1'); throw new Error('inject is broken') },
  async extract() { throw new Error('extract is broken') },
  fields() { throw new Error('fields is broken') },
}
`

describe('a propagator of the application that is broken', () => {
  test.for<[string, string, Parameters<typeof startRelay>[0]]>([
    [
      'as an option',
      `import { configureOpentelemetry } from 'uptrace-node'\n${BROKEN} configureOpentelemetry({ textMapPropagator: broken })\n`,
      {},
    ],
    [
      'registered before',
      `import { propagation } from '@opentelemetry/api'\nimport { configureOpentelemetry } from 'uptrace-node'\n${BROKEN} propagation.setGlobalPropagator(broken)\nconfigureOpentelemetry({})\n`,
      {},
    ],
    [
      'registered where there is none',
      `import { propagation } from '@opentelemetry/api'\n${BROKEN} propagation.setGlobalPropagator(broken)\n`,
      { flags: ['--import', 'uptrace-node/register'], env: { OTEL_PROPAGATORS: 'none' } },
    ],
    [
      'registered in place of ours',
      `import { propagation } from '@opentelemetry/api'\n${BROKEN} propagation.disable(); propagation.setGlobalPropagator(broken)\n`,
      { flags: ['--import', 'uptrace-node/register'] },
    ],
  ])('%s costs its headers and no request', async ([, prelude, options]) => {
    const relay = await startRelay({ ...options, env: env(options.env) }, prelude)
    for (const client of ['http', 'fetch'] as const) {
      for (const [callback] of [await relay.ask(client, []), await relay.ask(client, [['x-good', '1']])]) {
        expect(callback).toMatchObject({ 'x-good': '1' })
        expect(callback).not.toHaveProperty('x-own')
      }
    }
    const { code, stderr } = await relay.stop()
    expect(code).toBe(0)
    const lines = stderr.trim().split('\n')
    for (const part of [
      '"x-own" is not sent',
      '"no name" is not sent',
      'inject threw Error: inject is broken',
      'extract',
    ])
      expect(lines.filter((line) => line.includes(part)).length, `${part} in ${stderr}`).toBeGreaterThan(0)
    expect(new Set(lines).size).toBe(lines.length)
  })
})

const OWN = `const own = {
  inject() {},
  extract(context, carrier, getter) {
    const id = getter.get(carrier, 'x-trace')
    return id === undefined ? context : trace.setSpanContext(context, { traceId: id, spanId: '${SPAN_ID}', traceFlags: 1, isRemote: true })
  },
  fields: () => [],
}
const w3c = { ...own, inject(context, carrier, setter) { setter.set(carrier, 'x-sent', trace.getSpanContext(context).traceId) } }
`
const B3_HEADERS: Array<[string, string]> = [
  ['X-B3-TraceId', TRACE_ID],
  ['X-B3-SpanId', SPAN_ID],
  ['X-B3-Sampled', '1'],
]

describe('incoming requests continue the trace', () => {
  test.for<[string, Record<string, string> | undefined, string, Array<[string, string]>, string, RegExp]>([
    ['b3 and X-B3-*', { OTEL_PROPAGATORS: 'b3' }, '', B3_HEADERS, 'b3', new RegExp(`^${TRACE_ID}-[0-9a-f]{16}-1$`)],
    [
      'b3multi and b3',
      { OTEL_PROPAGATORS: 'b3multi' },
      '',
      [['b3', `${TRACE_ID}-${SPAN_ID}-1`]],
      'x-b3-traceid',
      new RegExp(TRACE_ID),
    ],
    [
      'jaeger',
      { OTEL_PROPAGATORS: 'jaeger' },
      '',
      [['uber-trace-id', `${TRACE_ID}:${SPAN_ID}:0:1`]],
      'uber-trace-id',
      new RegExp(`^${TRACE_ID}:[0-9a-f]{16}:0:01$`),
    ],
    [
      'jaeger, its baggage',
      { OTEL_PROPAGATORS: 'jaeger' },
      '',
      [
        ['uber-trace-id', `${TRACE_ID}:${SPAN_ID}:0:1`],
        ['uberctx-user', 'a%20b'],
      ],
      'uberctx-user',
      /^a%20b$/,
    ],
    [
      'xray',
      { OTEL_PROPAGATORS: 'xray' },
      '',
      [['X-Amzn-Trace-Id', `Root=1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)};Parent=${SPAN_ID};Sampled=1`]],
      'x-amzn-trace-id',
      new RegExp(`^Root=1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)};Parent=[0-9a-f]{16};Sampled=1$`),
    ],
    [
      'ottrace',
      { OTEL_PROPAGATORS: 'ottrace' },
      '',
      [
        ['ot-tracer-traceid', TRACE_ID.slice(16)],
        ['ot-tracer-spanid', SPAN_ID],
        ['ot-tracer-sampled', 'true'],
      ],
      'ot-tracer-traceid',
      new RegExp(`^${TRACE_ID.slice(16)}$`),
    ],
    [
      'tracecontext,b3 and X-B3-*',
      { OTEL_PROPAGATORS: 'tracecontext,b3' },
      '',
      B3_HEADERS,
      'traceparent',
      new RegExp(`^00-${TRACE_ID}-`),
    ],
    [
      'an option without fields',
      undefined,
      `import { trace } from '@opentelemetry/api'\nimport { configureOpentelemetry } from 'uptrace-node'\n${OWN} configureOpentelemetry({ propagator: w3c })\n`,
      [['x-trace', TRACE_ID]],
      'x-sent',
      new RegExp(TRACE_ID),
    ],
    [
      'none, then one of the application',
      { OTEL_PROPAGATORS: 'none' },
      `import { propagation, trace } from '@opentelemetry/api'\n${OWN} propagation.setGlobalPropagator(w3c)\n`,
      [['x-trace', TRACE_ID]],
      'x-sent',
      new RegExp(TRACE_ID),
    ],
    [
      'one that replaces ours after http was loaded',
      {},
      `import 'node:http'\nimport { propagation, trace } from '@opentelemetry/api'\n${OWN} propagation.disable(); propagation.setGlobalPropagator(w3c)\n`,
      [['x-trace', TRACE_ID]],
      'x-sent',
      new RegExp(TRACE_ID),
    ],
  ])('%s', async ([, propagators, prelude, headers, name, expected]) => {
    const relay = await startRelay(propagators ? preloaded(propagators) : { env: env() }, prelude)
    for (const client of ['http', 'fetch'] as const) {
      const [callback] = await relay.ask(client, headers)
      expect(callback![name]).toMatch(expected)
    }
    expect(await relay.stop()).toMatchObject({ code: 0, stderr: '' })
  })
})

test('without a propagator no header is sent, and nothing is said about it', async () => {
  const relay = await startRelay(preloaded({ OTEL_PROPAGATORS: 'none' }))
  const [callback] = await relay.ask('http', [['traceparent', `00-${TRACE_ID}-${SPAN_ID}-01`]])
  expect(callback).not.toHaveProperty('traceparent')
  expect(await relay.stop()).toMatchObject({ code: 0, stderr: '' })
})
