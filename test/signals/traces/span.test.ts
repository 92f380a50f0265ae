/** What the tracer does beyond the SDK's: hostile input, processors that throw, values of any kind, ancestors, memory. */
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Attributes, DiagLogLevel, diag, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import type { ReadableSpan, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import { afterEach, expect, test } from 'vitest'
import { openAncestors } from '../../../src/signals/traces/span.ts'
import { createOwnTracerProvider, type OwnTracerProviderOptions } from '../../../src/signals/traces/tracer-provider.ts'

const none = async (): Promise<void> => {}
const always: Sampler = { shouldSample: () => ({ decision: 2 }) }
const throwing = (): never => {
  throw new Error('boom')
}

function start(options: Partial<OwnTracerProviderOptions> = {}) {
  const ended: ReadableSpan[] = []
  const collect: SpanProcessor = {
    onStart() {},
    onEnd: (span) => void ended.push(span),
    forceFlush: none,
    shutdown: none,
  }
  const provider = createOwnTracerProvider({
    resource: emptyResource(),
    sampler: always,
    ...options,
    spanProcessors: [...(options.spanProcessors ?? []), collect],
  })
  return { provider, tracer: provider.getTracer('test'), ended }
}

function provideNothing() {
  const provider = createOwnTracerProvider({ resource: emptyResource(), sampler: always })
  return { tracer: provider.getTracer('test') }
}

afterEach(() => diag.disable())

class Point {
  x = 1
  #hidden = 2
  sum() {
    return this.x + this.#hidden
  }
}
const cyclic: Record<string, unknown> = { a: 1 }
cyclic.self = cyclic
const failing = new Error('wrong')
failing.stack = 'Error: wrong\n    at here'
const unreadableStack = Object.defineProperty(new Error('wrong'), 'stack', { get: throwing })

test.for<[string, unknown, unknown]>([
  ['NaN', Number.NaN, Number.NaN],
  ['a small bigint', 5n, 5],
  ['a large bigint', 2n ** 62n, 2n ** 62n],
  ['a negative bigint of 64 bits', -(2n ** 63n), -(2n ** 63n)],
  ['a bigint above 64 bits', 2n ** 63n, '9223372036854775808'],
  [
    'a Map',
    new Map<unknown, unknown>([
      ['a', 1],
      [2, new Set([1])],
    ]),
    { a: 1, 2: [1] },
  ],
  ['a Set', new Set(['a', { b: 1 }]), ['a', { b: 1 }]],
  ['an error', failing, 'Error: wrong\n    at here'],
  ['an error without a readable stack', unreadableStack, 'Error: wrong'],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['no date', new Date(Number.NaN), 'Invalid Date'],
  ['a RegExp', /a+/g, '/a+/g'],
  ['an URL', new URL('http://host/path'), 'http://host/path'],
  ['an object of a class', new Point(), { x: 1 }],
  ['an object without prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ['floats', new Float64Array([0.5, 1]), [0.5, 1]],
  ['boxed text', Object('text'), 'text'],
  ['null', null, null],
  [
    'functions inside',
    { run() {}, list: [() => 1, Symbol('s')] },
    { run: '[function]', list: ['[function]', 'Symbol(s)'] },
  ],
])('an attribute may be %s', ([, given, kept]) => {
  const { tracer, ended } = start()
  const span = tracer.startSpan('s', { attributes: { early: given } as Attributes })
  span.setAttribute('late', given as never)
  span.addEvent('event', { inEvent: given } as Attributes)
  span.end()
  expect(ended[0]!.attributes).toEqual({ early: kept, late: kept })
  expect(ended[0]!.events[0]!.attributes).toEqual({ inEvent: kept })
})

test('bytes are copied', () => {
  const { tracer, ended } = start()
  const bytes = Buffer.from('abc')
  tracer.startSpan('s', { attributes: { bytes } as unknown as Attributes }).end()
  bytes.fill(0)
  expect(Buffer.from(ended[0]!.attributes.bytes as unknown as Uint8Array).toString()).toBe('abc')
})

test('what refers to itself ends at some depth', () => {
  const { tracer, ended } = start()
  tracer.startSpan('s', { attributes: { cyclic } as Attributes }).end()
  expect(inspect(ended[0]!.attributes, { depth: 30 })).toContain('[too deep]')
})

test('what can be no attribute is dropped and counted', () => {
  const { tracer, ended } = start()
  const span = tracer.startSpan('s', {
    attributes: { f: () => 1, s: Symbol('s'), '': 1, u: undefined, ok: 1 } as never,
  })
  span.setAttribute('f', (() => 1) as never)
  span.setAttribute('', 1)
  span.setAttribute('u', undefined as never)
  span.setAttribute(Symbol('key') as never, 1)
  span.end()
  expect(ended[0]!.attributes).toEqual({ ok: 1 })
  expect(ended[0]!.droppedAttributesCount).toBe(6)
})

test('an object changed later on does not change the span', () => {
  const { tracer, ended } = start()
  const attributes = { list: ['a'], map: { b: 1 } } as unknown as Attributes
  const span = tracer.startSpan('s', { attributes })
  ;(attributes.list as string[]).push('later')
  ;(attributes.map as unknown as { b: number }).b = 2
  attributes.more = 1
  span.end()
  expect(ended[0]!.attributes).toEqual({ list: ['a'], map: { b: 1 } })
})

test('one attribute that cannot be read costs no other', () => {
  const { tracer, ended } = start()
  const attributes = Object.defineProperty({ a: 1, c: 3 }, 'b', { enumerable: true, get: throwing })
  tracer
    .startSpan('s', { attributes: attributes as never })
    .setAttributes(attributes as never)
    .end()
  expect(ended[0]!.attributes).toEqual({ a: 1, b: '[unreadable]', c: 3 })
})

test('more attributes than a list is made for', () => {
  const { tracer, ended } = start({ limits: { attributeCountLimit: 1000 } })
  const attributes = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, index]))
  const span = tracer.startSpan('s', { attributes })
  for (let index = 0; index < 900; index++) span.setAttribute(`k${index}`, -index)
  for (let index = 0; index < 200; index++) span.setAttribute(`x${index}`, index)
  span.end()
  expect(Object.keys(ended[0]!.attributes)).toHaveLength(1000)
  expect([ended[0]!.attributes.k5, ended[0]!.attributes.x99, ended[0]!.droppedAttributesCount]).toEqual([-5, 99, 100])
})

test('a key named __proto__ is a key', () => {
  const { tracer, ended } = start()
  tracer.startSpan('s').setAttribute('__proto__', 'x').end()
  expect(Object.entries(ended[0]!.attributes)).toEqual([['__proto__', 'x']])
})

test.for(['onStart', 'onEnding', 'onEnd'] as const)('%s of a processor may throw', (method) => {
  const bad: SpanProcessor = { onStart() {}, onEnd() {}, forceFlush: none, shutdown: none, [method]: throwing }
  const { tracer, ended } = start({ spanProcessors: [bad] })
  expect(() => tracer.startSpan('s').end()).not.toThrow()
  expect(ended).toHaveLength(1)
})

test.for<[string, Sampler['shouldSample']]>([
  ['throws', throwing],
  ['answers nothing', () => undefined as never],
  ['answers nonsense', () => ({ decision: 'yes' }) as never],
])('a sampler that %s costs no span: the parent decides', ([, shouldSample]) => {
  const { tracer } = start({ sampler: { shouldSample } })
  const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 }
  expect(tracer.startSpan('s', {}, ROOT_CONTEXT).isRecording()).toBe(true)
  expect(tracer.startSpan('s', {}, trace.setSpanContext(ROOT_CONTEXT, parent)).isRecording()).toBe(false)
})

test('an id generator that throws costs no span', () => {
  const { tracer } = start({ idGenerator: { generateTraceId: throwing, generateSpanId: throwing } })
  expect(trace.isSpanContextValid(tracer.startSpan('s').spanContext())).toBe(true)
})

test('options, contexts and names of any kind start a span', () => {
  const { tracer, ended } = start({ trustsSampler: true })
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  for (const bad of [
    null,
    5,
    'text',
    Symbol('s'),
    revoked.proxy,
    Object.defineProperty({}, 'kind', { get: throwing }),
  ]) {
    tracer.startSpan(bad as never, bad as never, bad as never).end(bad as never)
    tracer.startSpan('s', { kind: bad, startTime: bad, root: bad, links: bad } as never).end()
  }
  for (const bad of ['text', 5, Symbol('s'), null]) tracer.startSpan('s', { attributes: bad as never }).end()
  expect(ended).toHaveLength(16)
  expect(ended.every(({ attributes }) => Object.keys(attributes).length === 0)).toBe(true)
  expect(ended.every(({ name, startTime }) => typeof name === 'string' && startTime[0] > 1e9)).toBe(true)
})

test('what is no time counts as not given', () => {
  const { tracer, ended } = start()
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN), [Number.NaN, 0], 'now', {}]) {
    const span = tracer.startSpan('s', { startTime: bad as never })
    span.addEvent('e', {}, bad as never).end(bad as never)
  }
  const now = Date.now() / 1000
  for (const span of ended)
    for (const [seconds] of [span.startTime, span.endTime, span.events[0]!.time])
      expect(Math.abs(seconds - now)).toBeLessThan(60)
})

test('an end before the start is a duration of zero', () => {
  const { tracer, ended } = start()
  tracer.startSpan('s', { startTime: [1_700_000_000, 5] }).end([1_700_000_000, 4])
  expect(ended[0]).toMatchObject({ duration: [0, 0], endTime: [1_700_000_000, 5] })
})

test('a span ended by a processor while it ends, ends once', () => {
  const again: SpanProcessor = {
    onStart() {},
    onEnding: (span) => span.end(),
    onEnd() {},
    forceFlush: none,
    shutdown: none,
  }
  const { tracer, ended } = start({ spanProcessors: [again] })
  tracer.startSpan('s').end()
  expect(ended).toHaveLength(1)
})

test('ending again and again says so once', () => {
  const errors: string[] = []
  const logger = { error: (text: string) => errors.push(text), warn() {}, info() {}, debug() {}, verbose() {} }
  diag.setLogger(logger as never, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true })
  const { tracer } = start()
  for (let index = 0; index < 100; index++) {
    const span = tracer.startSpan(`span ${index}`)
    span.end()
    span.end()
  }
  expect(errors.filter((text) => text.includes('once'))).toHaveLength(1)
})

test('what a processor puts into a span is what the exporter reads', () => {
  const redact: SpanProcessor = {
    onStart() {},
    onEnding(span) {
      delete span.attributes.secret
      ;(span as { name: string }).name = 'renamed'
      span.attributes.added = true
      span.events.length = 0
    },
    onEnd() {},
    forceFlush: none,
    shutdown: none,
  }
  const { tracer, ended } = start({ spanProcessors: [redact] })
  tracer
    .startSpan('s', { attributes: { secret: 'x', a: 1 } })
    .addEvent('e')
    .setAttribute('b', 2)
    .end()
  expect(ended[0]).toMatchObject({ name: 'renamed', attributes: { a: 1, b: 2, added: true }, events: [] })
})

test('a span can be printed and made JSON', () => {
  const { tracer } = start()
  const span = tracer.startSpan('named', { attributes: { a: 1 } })
  expect(JSON.parse(JSON.stringify(span))).toMatchObject({ name: 'named', attributes: { a: 1 } })
  expect(inspect(span)).toMatch(/^Span \{[\s\S]*name: 'named'/)
  expect(inspect({ span: [[[span]]] }, { depth: 1 })).not.toContain('named')
})

test('open ancestors are found from the nearest to the root, past those that have ended', () => {
  const { tracer } = start()
  const child = (name: string, parent: Span): Span => tracer.startSpan(name, {}, trace.setSpan(ROOT_CONTEXT, parent))
  const root = tracer.startSpan('root', {}, ROOT_CONTEXT)
  const middleware = child('middleware', root)
  const handler = child('handler', middleware)
  middleware.end()
  const query = child('query', handler)
  const names = (span: Span | undefined): string[] =>
    openAncestors(span).map((open) => (open as unknown as ReadableSpan).name)
  expect(names(query)).toEqual(['query', 'handler', 'root'])
  query.end()
  expect(names(query)).toEqual(['handler', 'root'])
  expect(names(child('late', middleware))).toEqual(['late', 'root'])
  root.end()
  handler.end()
  expect(names(query)).toEqual([])
  expect(names(undefined)).toEqual([])
  expect(names(trace.wrapSpanContext(root.spanContext()))).toEqual([])
})

test('spans that never end, and chains of spans without end, are garbage', { timeout: 60_000 }, () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const { tracer } = provideNothing()
  const ballast = (): Attributes => ({ text: 'x'.repeat(500) + Math.random() })
  gc()
  const before = process.memoryUsage().heapUsed
  let parent: Span = tracer.startSpan('root', {}, ROOT_CONTEXT)
  for (let index = 0; index < 100_000; index++) {
    tracer.startSpan('never ended', { attributes: ballast() }, ROOT_CONTEXT)
    // each is the child of the one before, which has ended
    const next = tracer.startSpan('link of a chain', { attributes: ballast() }, trace.setSpan(ROOT_CONTEXT, parent))
    parent.end()
    parent = next
  }
  gc()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30e6)
})

test('forceFlush asks every processor, and says which failed; one that hangs is given up', async () => {
  const asked: string[] = []
  const processor = (name: string, forceFlush: () => Promise<void>): SpanProcessor => ({
    onStart() {},
    onEnd() {},
    forceFlush() {
      asked.push(name)
      return forceFlush()
    },
    shutdown: none,
  })
  const { provider } = start({
    spanProcessors: [
      processor('throws', throwing as never),
      processor('hangs', () => new Promise(() => {})),
      processor('works', none),
    ],
  })
  const failure = await provider.forceFlush({ timeoutMillis: 50 }).then(
    () => [],
    (errors: Error[]) => errors.map(({ message }) => message),
  )
  expect(asked).toEqual(['throws', 'hangs', 'works'])
  expect(failure).toEqual(['boom', expect.stringContaining('within 50 ms')])
})

test('shutdown asks every processor before it fails', async () => {
  let isShutDown = false
  const bad: SpanProcessor = { onStart() {}, onEnd() {}, forceFlush: none, shutdown: throwing as never }
  const good: SpanProcessor = {
    ...bad,
    shutdown: async () => {
      isShutDown = true
    },
  }
  const { provider } = start({ spanProcessors: [bad, good] })
  await expect(provider.shutdown()).rejects.toThrow('boom')
  expect(isShutDown).toBe(true)
})

test('the random flag is on unsampled roots as well, and an incoming one is kept', () => {
  const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 2, isRemote: true }
  const remote = trace.setSpanContext(ROOT_CONTEXT, parent)
  const flags = (options: Partial<OwnTracerProviderOptions>, from = ROOT_CONTEXT): number =>
    start(options).tracer.startSpan('s', {}, from).spanContext().traceFlags
  const off: Sampler = { shouldSample: () => ({ decision: 0 }) }
  const ids = { generateTraceId: () => '1'.padStart(32, '0'), generateSpanId: () => '2'.padStart(16, '0') }
  expect([flags({}), flags({ sampler: off }), flags({ sampler: off }, remote), flags({}, remote)]).toEqual([3, 2, 2, 3])
  expect([flags({ idGenerator: ids }), flags({ idGenerator: ids, sampler: off })]).toEqual([1, 0])
})
