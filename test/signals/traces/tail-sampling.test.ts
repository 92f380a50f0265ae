/** Traces are kept for what they turn out to be, and say why and for how many they stand. */
import { createTraceState, ROOT_CONTEXT, type Span, type SpanOptions, SpanStatusCode, trace } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { afterEach, expect, test, vi } from 'vitest'
import { createTailSampler, type TailSamplingOptions } from '../../../src/signals/traces/tail-sampling.ts'
import { createOwnTracerProvider } from '../../../src/signals/traces/tracer-provider.ts'

vi.mock('../../../src/timers.ts', () => import('../../support/timers-of-the-moment.ts'))

const shutdowns: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(shutdowns.splice(0).map((shutdown) => shutdown()))
})

function start(options: Omit<TailSamplingOptions, 'next'>) {
  const kept: ReadableSpan[] = []
  const none = async (): Promise<void> => {}
  const next: SpanProcessor = { onStart() {}, onEnd: (span) => void kept.push(span), forceFlush: none, shutdown: none }
  const sampler = createTailSampler({ ...options, next: [next] })
  shutdowns.push(() => sampler.shutdown())
  const provider = createOwnTracerProvider({
    resource: emptyResource(),
    sampler: { shouldSample: () => ({ decision: 2 }) },
    spanProcessors: [sampler],
  })
  const tracer = provider.getTracer('t')
  const open = (name: string, parent?: Span, more: SpanOptions = {}): Span =>
    tracer.startSpan(name, more, parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT)
  const names = (): string[] => kept.map(({ name }) => name)
  return { kept, names, open, sampler, tracer }
}

const reasonOf = (span: ReadableSpan | undefined): unknown => span?.attributes['uptrace.keep.reason']
const stateOf = (span: ReadableSpan | undefined): unknown => span?.spanContext().traceState?.get('ot')
const fail = (span: Span): Span => span.setStatus({ code: SpanStatusCode.ERROR })

test('nothing is kept of ordinary traces where only rules are given', () => {
  const { open, names, sampler } = start({ errors: true })
  const root = open('root')
  open('child', root).end()
  expect(sampler.waiting).toBe(1)
  root.end()
  expect([names(), sampler.waiting, sampler.sampledOut]).toEqual([[], 0, 2])
})

test('a trace with an error is kept as a whole, what came before and after it too', () => {
  const { open, names, kept } = start({ errors: true })
  const root = open('root')
  open('before', root).end()
  expect(names()).toEqual([])
  fail(open('failed', root)).end()
  expect(names()).toEqual(['before', 'failed'])
  open('after', root).end()
  root.end()
  open('late', root).end()
  expect(names()).toEqual(['before', 'failed', 'after', 'root', 'late'])
  expect(kept.map(reasonOf)).toEqual([undefined, undefined, undefined, 'error', undefined])
  expect(kept.map(stateOf)).toEqual(Array.from({ length: 5 }, () => 'th:0'))
})

test('slow traces, by the duration of the local root', () => {
  const { open, names, kept } = start({ slowerThanMillis: 100 })
  const time = 1_700_000_000_000
  const fast = open('fast', undefined, { startTime: time })
  open('slow child', fast, { startTime: time }).end(time + 500)
  fast.end(time + 100)
  open('slow', undefined, { startTime: time }).end(time + 101)
  expect(names()).toEqual(['slow'])
  expect(reasonOf(kept[0])).toBe('slow')
})

test('by a rule of the application, one that throws keeps nothing', () => {
  const { open, names, kept } = start({
    when: ({ attributes }) => {
      if (attributes.bad) throw new Error('boom')
      return attributes.user === 'vip'
    },
  })
  open('vip', undefined, { attributes: { user: 'vip' } }).end()
  open('other', undefined, { attributes: { user: 'x' } }).end()
  open('bad', undefined, { attributes: { bad: true } }).end()
  expect([names(), reasonOf(kept[0])]).toEqual([['vip'], 'when'])
})

test('a share of ordinary traces, each of which stands for many', () => {
  const { open, kept } = start({ errors: true, ratio: 0.25 })
  for (let index = 0; index < 4000; index++) {
    const root = open('root')
    open('child', root).end()
    root.end()
  }
  expect(kept.length / 8000).toBeGreaterThan(0.2)
  expect(kept.length / 8000).toBeLessThan(0.3)
  const roots = kept.filter(({ name }) => name === 'root')
  expect(roots).toHaveLength(kept.length / 2)
  expect(new Set(roots.map(reasonOf))).toEqual(new Set(['ratio']))
  // three quarters of all random numbers are below the threshold
  expect(new Set(kept.map(stateOf))).toEqual(new Set(['th:c']))
  // and the decision is by the trace id, so that all services decide alike
  for (const span of kept) expect(span.spanContext().traceId.slice(18) >= 'c').toBe(true)
})

test('so many a second, with weights that add up to all', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const { open, kept } = start({ perSecond: 10 })
  for (let index = 0; index < 5000; index++) {
    vi.advanceTimersByTime(1)
    open('root').end()
  }
  expect(kept.length).toBeGreaterThanOrEqual(50)
  expect(kept.length).toBeLessThanOrEqual(65)
  const weights = kept.map((span) => {
    const threshold = String(stateOf(span)).slice(3).padEnd(14, '0')
    return 1 / (1 - Number.parseInt(threshold, 16) / 2 ** 56)
  })
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeGreaterThan(4800)
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeLessThan(5001)
  expect(reasonOf(kept[0])).toBe('rate')
})

function remote(state: string | undefined, traceFlags = 1) {
  const traceState = state === undefined ? undefined : createTraceState(state)
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: `${'a'.repeat(18)}00000000000001`,
    spanId: 'b'.repeat(16),
    isRemote: true,
    traceFlags,
    ...(traceState && { traceState }),
  })
}

test('a caller that has decided with a threshold is followed, and its threshold stays', () => {
  const { kept, tracer } = start({ errors: true })
  tracer.startSpan('root', {}, remote('ot=th:8;rv:9,other=x')).end()
  expect([reasonOf(kept[0]), stateOf(kept[0])]).toEqual(['parent', 'th:8;rv:9'])
})

test('a caller that is only sampled has decided nothing', () => {
  const { names, tracer } = start({ ratio: 0.5 })
  // its randomness is below the threshold
  tracer.startSpan('low', {}, remote(undefined, 3)).end()
  expect(names()).toEqual([])
})

test('explicit randomness decides, and other members of the state stay', () => {
  const { kept, tracer } = start({ ratio: 0.5 })
  tracer.startSpan('high', {}, remote('other=x,ot=rv:f0000000000000', 3)).end()
  expect(stateOf(kept[0])).toBe('th:8;rv:f0000000000000')
  expect(kept[0]!.spanContext().traceState!.get('other')).toBe('x')
})

test('a root that never ends is decided in time, by what is there', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { open, names, sampler } = start({ errors: true, ratio: 0, waitMillis: 5000 })
  const root = open('stream')
  open('message', root).end()
  vi.advanceTimersByTime(4000)
  expect(sampler.waiting).toBe(1)
  vi.advanceTimersByTime(3000)
  expect([sampler.waiting, sampler.sampledOut]).toEqual([0, 1])
  open('another', root).end()
  expect(names()).toEqual([])
  fail(open('failed', root)).end()
  open('after', root).end()
  expect(names()).toEqual(['failed', 'after'])
})

test('a long trace is slow before it ends', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { open, names } = start({ slowerThanMillis: 2000, waitMillis: 5000 })
  const root = open('job')
  open('step', root).end()
  vi.advanceTimersByTime(7000)
  expect(names()).toEqual(['step'])
  root.end()
  expect(names()).toEqual(['step', 'job'])
})

test('a trace decided while nothing of it had ended holds nothing back later', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { open, sampler } = start({ errors: true, waitMillis: 1000 })
  const root = open('stream')
  vi.advanceTimersByTime(5000)
  for (let index = 0; index < 100; index++) open('message', root).end()
  expect([sampler.waiting, sampler.sampledOut]).toEqual([0, 100])
})

test('memory is bounded: the oldest trace is decided early', () => {
  const { open, sampler } = start({ errors: true, bufferLimitBytes: 1_000_000 })
  for (let index = 0; index < 2000; index++) {
    const root = open('never ends')
    open('child', root, { attributes: { text: 'x'.repeat(5000) } }).end()
  }
  expect(sampler.waiting).toBeLessThan(200)
  expect(sampler.waiting + sampler.sampledOut).toBe(2000)
})

test.for<[string, (root: Span) => unknown]>([
  [
    'texts in lists',
    (root) =>
      root.setAttribute(
        'list',
        Array.from({ length: 100 }, () => 'x'.repeat(1000)),
      ),
  ],
  ['stacks of events', (root) => root.addEvent('exception', { 'exception.stacktrace': 'x'.repeat(100_000) })],
  ['links', (root) => root.addLink({ context: root.spanContext(), attributes: { text: 'x'.repeat(100_000) } })],
  ['messages of a status', (root) => root.setStatus({ code: 2, message: 'x'.repeat(100_000) })],
] as const)('memory is bounded: %s count', ([, fill]) => {
  const { open, sampler } = start({ when: () => false, ratio: 0, bufferLimitBytes: 1_000_000 })
  for (let index = 0; index < 50; index++) {
    const child = open('child', open('never ends'))
    fill(child)
    child.end()
  }
  expect(sampler.waiting).toBeLessThan(11)
  expect(sampler.waiting + sampler.sampledOut).toBe(50)
})

test('an id of a caller that does not call it random decides alike everywhere', () => {
  const decide = (): string[] => {
    const { names, tracer } = start({ ratio: 0.5 })
    for (let index = 0; index < 64; index++) {
      const traceId = `${'ab'.repeat(9)}${(index * 4).toString(16).padStart(2, '0')}${'1'.repeat(12)}`
      const caller = { traceId, spanId: 'cd'.repeat(8), traceFlags: 1, isRemote: true }
      tracer.startSpan(`${index}`, {}, trace.setSpanContext(ROOT_CONTEXT, caller)).end()
    }
    return names()
  }
  expect(decide()).toEqual(Array.from({ length: 32 }, (_, index) => `${index + 32}`))
  expect(decide()).toEqual(decide())
})

test('no weight is written where nobody knows what was left out before', () => {
  const { kept, open } = start({ errors: true, ratio: 1, weighs: false })
  fail(open('failed')).end()
  open('ordinary').end()
  expect(kept.map(reasonOf)).toEqual(['error', 'ratio'])
  expect(kept.map(stateOf)).toEqual([undefined, undefined])
})

test('a service that calls itself decides once, when all its roots have ended', () => {
  const { open, names, tracer } = start({ errors: true })
  const outer = open('outer')
  const client = open('client', outer)
  const context = trace.setSpanContext(ROOT_CONTEXT, { ...client.spanContext(), isRemote: true })
  const inner = tracer.startSpan('inner', {}, context)
  inner.end()
  expect(names()).toEqual([])
  client.end()
  fail(outer).end()
  expect(names()).toEqual(['inner', 'client', 'outer'])
})

test('flush and shutdown decide what waits', async () => {
  const { open, names, sampler } = start({ ratio: 1 })
  open('child', open('root')).end()
  expect(names()).toEqual([])
  await sampler.forceFlush()
  expect(names()).toEqual(['child'])
  open('child 2', open('root')).end()
  await sampler.shutdown()
  expect(names()).toEqual(['child', 'child 2'])
})
