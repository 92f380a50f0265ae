/** withSpan, openActiveSpan and traced: active context, errors, one end, in every shape of function. */
import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openActiveSpan, traced, withSpan } from '../../../src/signals/traces/span-helpers.ts'

const exporter = new InMemorySpanExporter()
beforeAll(() => {
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(() => {
  trace.disable()
  context.disable()
})
beforeEach(() => exporter.reset())

const spans = (): ReadableSpan[] => exporter.getFinishedSpans()
const activeId = (): string | undefined => trace.getActiveSpan()?.spanContext().spanId
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('withSpan', () => {
  test('returns the value of a plain function, which saw the span as active', () => {
    const seen = withSpan(
      'sync',
      { attributes: { a: 1 } },
      (span) => activeId() === span.spanContext().spanId && 'value',
    )
    expect(seen).toBe('value')
    expect(spans()).toMatchObject([{ name: 'sync', attributes: { a: 1 }, status: { code: SpanStatusCode.UNSET } }])
  })

  test.for<[string, () => Promise<number>]>([
    ['of a class of its own', () => new (class Query extends Promise<number> {})((resolve) => resolve(7))],
    ['with properties of its own', () => Object.assign(Promise.resolve(7), { kill() {} })],
  ])('a promise %s is returned as it is', async ([, make]) => {
    const promise = make()
    const returned = withSpan('async', () => promise)
    expect(returned).toBe(promise)
    await returned
    expect(spans()).toHaveLength(1)
  })

  test.for<[string, () => unknown]>([
    [
      'an object without a prototype',
      () => Object.setPrototypeOf(Object.fromEntries([['then', (settle: (value: number) => void) => settle(7)]]), null),
    ],
    ['a proxy of a promise, whose `then` throws', () => new Proxy(Promise.resolve(7), {})],
  ])('%s is returned as it is', ([, make]) => {
    const thenable = make()
    // not by toBe, which would print what it cannot read
    expect(withSpan('async', () => thenable) === thenable).toBe(true)
    expect(spans()).toHaveLength(1)
  })

  test('keeps the span open until a promise settles', async () => {
    const promise = tick().then(() => 7)
    const returned = withSpan('async', () => promise)
    expect(spans()).toHaveLength(0)
    expect(await returned).toBe(7)
    expect(spans()).toHaveLength(1)
  })

  test.for<[string, () => unknown]>([
    [
      'thrown',
      () => {
        throw new RangeError('no')
      },
    ],
    [
      'rejected',
      () =>
        tick().then(() => {
          throw new RangeError('no')
        }),
    ],
  ])('an error that is %s is recorded and passed on unchanged', async ([, fn]) => {
    await expect((async () => withSpan('broken', fn))()).rejects.toThrow(RangeError)
    expect(spans()).toHaveLength(1)
    expect(spans()[0]).toMatchObject({ status: { code: SpanStatusCode.ERROR, message: 'no' } })
    expect(spans()[0]?.events[0]).toMatchObject({
      name: 'exception',
      attributes: {
        'exception.type': 'RangeError',
        'exception.message': 'no',
        'exception.stacktrace': expect.stringContaining('RangeError: no'),
      },
    })
  })

  test('a thrown value that cannot be read does not replace it', () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('trap')
        },
      },
    )
    let thrown: unknown
    try {
      withSpan('hostile', () => {
        throw hostile
      })
    } catch (error) {
      thrown = error
    }
    expect(thrown === hostile).toBe(true)
    expect(spans()).toHaveLength(1)
  })

  test('takes the parent it is given', () => {
    const parent = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      traceFlags: 1,
    })
    withSpan('child', { parent }, () => {})
    expect(spans()[0]?.parentSpanContext?.spanId).toBe('b'.repeat(16))
  })

  test('a generator runs each step in the span, which ends with it', () => {
    const seen: unknown[] = []
    const generator = withSpan('generator', function* () {
      seen.push(activeId())
      const sent: unknown = yield 1
      seen.push(activeId(), sent)
      yield 2
      return 3
    })
    expect(activeId()).toBeUndefined()
    expect([generator.next(), generator.next('hello')]).toEqual([
      { value: 1, done: false },
      { value: 2, done: false },
    ])
    expect(spans()).toHaveLength(0)
    expect(generator.next()).toEqual({ value: 3, done: true })
    expect(seen).toEqual([spans()[0]?.spanContext().spanId, spans()[0]?.spanContext().spanId, 'hello'])
    generator.next()
    expect(spans()).toHaveLength(1)
  })

  test('leaving a loop early ends the span', () => {
    for (const value of withSpan('early', function* () {
      yield 1
      yield 2
    }))
      if (value === 1) break
    expect(spans()).toMatchObject([{ name: 'early', status: { code: SpanStatusCode.UNSET } }])
  })

  test('an async generator that fails records the error', async () => {
    const values: number[] = []
    const run = async (): Promise<void> => {
      for await (const value of withSpan('stream', async function* () {
        await tick()
        yield 1
        throw new Error('cut')
      }))
        values.push(value)
    }
    await expect(run()).rejects.toThrow('cut')
    expect(values).toEqual([1])
    expect(spans()).toMatchObject([{ name: 'stream', status: { code: SpanStatusCode.ERROR, message: 'cut' } }])
  })
})

describe('openActiveSpan', () => {
  test('is active to the end of the block, also across awaits, and ends once', async () => {
    await (async () => {
      await tick()
      using outer = openActiveSpan('outer')
      await tick()
      expect(activeId()).toBe(outer.spanContext().spanId)
      {
        using inner = openActiveSpan('inner')
        expect(activeId()).toBe(inner.spanContext().spanId)
      }
      expect(activeId()).toBe(outer.spanContext().spanId)
    })()
    expect(activeId()).toBeUndefined()
    expect(spans().map(({ name, parentSpanContext }) => [name, parentSpanContext !== undefined])).toEqual([
      ['inner', true],
      ['outer', false],
    ])
  })
})

describe('traced', () => {
  test('names the span after the function and keeps this, arguments, name and length', async () => {
    const add = traced(async function add(this: { base: number }, a: number, b: number) {
      return this.base + a + b
    })
    expect([add.name, add.length]).toEqual(['add', 2])
    expect(await add.call({ base: 1 }, 2, 3)).toBe(6)
    expect(spans()[0]?.name).toBe('add')
  })

  test('decorates a method in the standard way and in the older one', () => {
    class Shop {
      total(this: Shop): number {
        return 5
      }
    }
    const standard = traced('checkout')(Shop.prototype.total, { kind: 'method', name: 'total' })
    expect((standard as () => number).call(new Shop())).toBe(5)
    const descriptor = Object.getOwnPropertyDescriptor(Shop.prototype, 'total')!
    traced()(Shop.prototype as never, 'total', descriptor)
    Object.defineProperty(Shop.prototype, 'total', descriptor)
    expect(new Shop().total()).toBe(5)
    expect(spans().map(({ name }) => name)).toEqual(['checkout', 'total'])
  })
})
