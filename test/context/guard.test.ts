/** No propagator, whoever wrote it, can harm the program: what it throws, writes or returns. */
import {
  type Context,
  createTraceState,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { releaseGlobalPropagator, setGlobalPropagator } from '../../src/context/global-propagator.ts'
import { guardPropagator } from '../../src/context/guard.ts'
import { createPropagator } from '../../src/context/propagators.ts'
import { configureLog } from '../../src/log.ts'
import { extract, inject, SPAN_ID, TRACE_ID } from './support.ts'

const lines: string[] = []
const keep = (message: string): void => void lines.push(message)
beforeEach(() => configureLog({ logger: { error: keep, warn: keep, info: keep, debug: keep } }))
afterEach(() => {
  configureLog()
  lines.length = 0
})

class Own implements TextMapPropagator {
  constructor(parts: { inject?: unknown; extract?: unknown; fields?: unknown }) {
    Object.assign(this, parts)
  }
  inject(_context: Context, _carrier: unknown, _setter: unknown): void {}
  extract(context: Context): Context {
    return context
  }
  fields(): string[] {
    return []
  }
}
const throws = (): never => {
  throw new TypeError('broken')
}
const writes = (...headers: Array<[unknown, unknown]>) =>
  new Own({
    inject: (_: Context, carrier: unknown, setter: typeof defaultTextMapSetter) => {
      const { set } = setter
      for (const [key, value] of headers) set(carrier, key as string, value as string)
    },
  })

test('what inject, extract and fields throw is caught, and each is said once', () => {
  const guarded = guardPropagator(new Own({ inject: throws, extract: throws, fields: throws }))
  for (let round = 0; round < 3; round++) {
    expect(inject(guarded, ROOT_CONTEXT)).toEqual({})
    expect(extract(guarded, { a: '1' })).toBe(ROOT_CONTEXT)
    expect(guarded.fields()).toEqual([])
  }
  expect(lines).toEqual([
    'propagator Own: inject threw TypeError: broken',
    'propagator Own: extract threw TypeError: broken',
    'propagator Own: fields threw TypeError: broken',
  ])
})

test.for<[unknown]>([
  [undefined], [null], ['text'], [new Error('x')], [Object.create(null)], [{ toString: throws }], [new Proxy({}, { getPrototypeOf: throws, get: throws })],
])('whatever is thrown: %#', ([thrown]) => {
  const guarded = guardPropagator(new Own({ inject: () => { throw thrown } }))
  expect(inject(guarded, ROOT_CONTEXT)).toEqual({})
  expect(lines).toHaveLength(1)
}) // biome-ignore format: a table

test.for<[string, unknown, unknown]>([
  ['a space in the name', 'x y', '1'], ['an empty name', '', '1'], ['a colon in the name', 'x:', '1'], ['a name beyond ASCII', 'é', '1'], ['no name', undefined, '1'], ['a symbol', Symbol('s'), '1'],
  ['a line end in the value', 'x', 'a\r\nevil: 1'], ['a character beyond Latin-1', 'x', '€'], ['half an emoji', 'x', '\uD83D'], ['a NUL', 'x', '\0'],
  ['undefined', 'x', undefined], ['null', 'x', null], ['an object', 'x', { toString: throws }], ['a list', 'x', ['1']],
  ['the length of the body', 'content-length', '1'], ['the connection', 'Connection', 'close'], ['the host', 'Host', 'evil'], ['chunks', 'transfer-encoding', 'chunked'],
])('a header that is none is not written, the others are: %s', ([, key, value]) => {
  const guarded = guardPropagator(writes(['before', '1'], [key, value], ['after', '2']))
  for (let round = 0; round < 3; round++) expect(inject(guarded, ROOT_CONTEXT)).toEqual({ before: '1', after: '2' })
  expect(lines).toEqual([expect.stringMatching(/^propagator Own: the header .* is not sent: /)])
}) // biome-ignore format: a table

test('legal headers are written as they are', () => {
  const guarded = guardPropagator(writes(['X-A', 'a b\tc'], ["!#$%&'*+-.^_`|~", ''], ['latin', 'é'], ['number', 7]))
  expect(inject(guarded, ROOT_CONTEXT)).toEqual({ 'X-A': 'a b\tc', "!#$%&'*+-.^_`|~": '', latin: 'é', number: '7' })
  expect(lines).toEqual([])
})

test('what is written past the setter is checked too, and what was there before comes back', () => {
  const guarded = guardPropagator(
    new Own({
      inject: (_: Context, carrier: Record<string, unknown>) => {
        Object.assign(carrier, { good: '1', 'bad name': '2', bad: '€', own: '\n', count: 3 })
        throw new Error('and more')
      },
    }),
  )
  const carrier = { own: '0', 'left alone': '€' }
  guarded.inject(ROOT_CONTEXT, carrier, defaultTextMapSetter)
  expect(carrier).toEqual({ own: '0', 'left alone': '€', good: '1', count: 3 })
  expect(lines).toHaveLength(4)
})

test.for<[string, object]>([
  ['a getter that throws', Object.defineProperty({}, 'x', { get: throws, enumerable: true })],
  ['a proxy that throws', new Proxy({}, { ownKeys: throws, getPrototypeOf: throws })],
  ['a frozen object', Object.freeze({})],
])('a carrier with %s', ([, carrier]) => {
  guardPropagator(writes(['x', '1'])).inject(ROOT_CONTEXT, carrier as Record<string, string>, defaultTextMapSetter)
  expect(lines).toHaveLength(1)
})

test('a setter that throws costs one header', () => {
  const carrier: Record<string, string> = {}
  const guarded = guardPropagator(writes(['bad', '1'], ['good', '2']))
  guarded.inject(ROOT_CONTEXT, carrier, {
    set(to, key, value) {
      if (key === 'bad') throws()
      to[key] = value
    },
  })
  expect(carrier).toEqual({ good: '2' })
  expect(lines).toEqual(['propagator Own: setting bad threw TypeError: broken'])
})

test.for<[unknown]>([[undefined], [null], [{}], [7], ['context'], [[]], [Promise.resolve(ROOT_CONTEXT)]])(
  'extract that returns %j instead of a context changes nothing',
  ([value]) => {
    const base = ROOT_CONTEXT.setValue(Symbol('k'), 1)
    expect(extract(guardPropagator(new Own({ extract: () => value })), {}, base)).toBe(base)
    expect(lines).toEqual(['propagator Own: extract did not return a context; what came in is not read'])
  },
)

const parent = (more: object = {}) =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, ...more } as SpanContext)

test.for<[string, unknown]>([
  ['an object that is no span', trace.setSpan(ROOT_CONTEXT, { traceId: TRACE_ID } as never)],
  ['a span that throws', trace.setSpan(ROOT_CONTEXT, { spanContext: throws } as never)],
  ['a context that throws', { getValue: throws, setValue: throws, deleteValue: throws }],
])('extract that returns a context with %s changes nothing', ([, context]) => {
  expect(extract(guardPropagator(new Own({ extract: () => context })), {})).toBe(ROOT_CONTEXT)
  expect(lines).toEqual([expect.stringMatching(/^propagator Own: extract threw TypeError/)])
})

test('a state or baggage that is none is taken out, the trace goes on', () => {
  const withBaggage = propagation.setBaggage(parent({ traceState: 'a=1' }), { a: '1' } as never)
  const extracted = extract(guardPropagator(new Own({ extract: () => withBaggage })), {})
  expect(trace.getSpanContext(extracted)).toEqual({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 })
  expect(propagation.getBaggage(extracted)).toBeUndefined()
  expect(lines).toHaveLength(2)
  const good = parent({ traceState: createTraceState('a=1') })
  expect(extract(guardPropagator(new Own({ extract: () => good })), {})).toBe(good)
})

test('a rejected promise of a propagator does not end the process', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  const guarded = guardPropagator(new Own({ inject: async () => throws(), extract: async () => throws() }))
  inject(guarded, ROOT_CONTEXT)
  extract(guarded, {})
  await new Promise((resolve) => setTimeout(resolve, 20))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
  expect(lines).toContain('propagator Own: inject threw TypeError: broken')
})

test('a getter that throws, or answers nonsense, is as no header', () => {
  const all = createPropagator(['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace'])!
  expect(all.extract(ROOT_CONTEXT, {}, { get: throws, keys: throws })).toBe(ROOT_CONTEXT)
  for (const value of [1, {}, [1], Buffer.from('x'), Symbol('s'), null])
    expect(all.extract(ROOT_CONTEXT, {}, { get: () => value as string, keys: () => [] })).toBe(ROOT_CONTEXT)
  for (const carrier of [null, undefined]) {
    expect(all.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter)).toBe(ROOT_CONTEXT)
    all.inject(ROOT_CONTEXT, carrier, defaultTextMapSetter)
  }
})

test('one that fails does not take the headers of the others with it', () => {
  const state = { serialize: throws } as never
  const context = propagation.setBaggage(
    trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, traceState: state }),
    propagation.createBaggage({ a: { value: '1' } }),
  )
  expect(inject(createPropagator(['tracecontext', 'baggage'])!, context)).toEqual({
    traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`,
    baggage: 'a=1',
  })
  expect(lines).toEqual(['propagator tracecontext: inject threw TypeError: broken'])
})

describe('the global place', () => {
  afterEach(() => {
    releaseGlobalPropagator()
    propagation.disable()
  })
  const own = (): TextMapPropagator => new Own({ inject: throws, extract: throws, fields: throws })
  const useIt = (): void => {
    propagation.inject(ROOT_CONTEXT, {})
    expect(propagation.extract(ROOT_CONTEXT, {})).toBe(ROOT_CONTEXT)
    expect(propagation.fields()).toEqual([])
  }

  test('guards the propagator of an option', () => {
    setGlobalPropagator(own(), true)
    useIt()
    expect(lines).toHaveLength(3)
  })

  test('guards one that was registered before, and leaves it in place', () => {
    propagation.setGlobalPropagator(writes(['x', '1'], ['bad', '\n']))
    setGlobalPropagator(createPropagator(['tracecontext']), false)
    const carrier = {}
    propagation.inject(ROOT_CONTEXT, carrier)
    expect(carrier).toEqual({ x: '1' })
    expect(lines).toHaveLength(1)
    releaseGlobalPropagator()
    propagation.inject(ROOT_CONTEXT, carrier)
    expect(carrier).toEqual({ x: '1' })
  })

  test('says so where the option is not used for it', () => {
    propagation.setGlobalPropagator(writes(['x', '1']))
    setGlobalPropagator(own(), true)
    expect(lines).toEqual([expect.stringContaining('a propagator was registered before')])
  })

  test('is left free without a propagator, and guards the one that comes later', () => {
    setGlobalPropagator(createPropagator([]), false)
    expect(propagation.setGlobalPropagator(own())).toBe(true)
    useIt()
    releaseGlobalPropagator()
    expect(propagation.setGlobalPropagator(own())).toBe(false)
  })

  test('guards each that replaces another', () => {
    setGlobalPropagator(createPropagator(['tracecontext']), false)
    for (let round = 0; round < 3; round++) {
      propagation.disable()
      expect(propagation.fields()).toEqual([])
      expect(propagation.setGlobalPropagator(own())).toBe(true)
      useIt()
    }
  })

  test('takes what is no propagator as the API does', () => {
    setGlobalPropagator(undefined, false)
    for (const nothing of [undefined, null]) propagation.setGlobalPropagator(nothing as never)
    useIt()
  })
})
