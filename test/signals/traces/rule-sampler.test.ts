/** Rules: which trace they are about, which rule counts, and that children follow. */
import { type Attributes, ROOT_CONTEXT, SamplingDecision, SpanKind, trace } from '@opentelemetry/api'
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import type { SamplingRule } from '../../../src/config/sampling-rules.ts'
import { validateOptions } from '../../../src/config/validate.ts'
import { compilePattern, compileRoute } from '../../../src/signals/traces/pattern.ts'
import { createConfiguredSampler } from '../../../src/signals/traces/samplers.ts'

const ID = '0af7651916cd43dd8448eb211c80319c'
const DEFAULT = { name: 'parentbased_always_on', arg: undefined } as const
const parent = (traceFlags: number, isRemote: boolean) =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId: ID, spanId: 'b7ad6b7169203331', traceFlags, isRemote })

interface Span {
  name?: string
  kind?: SpanKind
  attributes?: Attributes
  context?: typeof ROOT_CONTEXT
}
const isSampled = (
  rules: SamplingRule[],
  { name = 'GET', kind = SpanKind.SERVER, attributes = {}, context = ROOT_CONTEXT }: Span,
  given: Parameters<typeof createConfiguredSampler>[0] = DEFAULT,
): boolean =>
  createConfiguredSampler(given, rules).shouldSample(context, ID, name, kind, attributes, []).decision ===
  SamplingDecision.RECORD_AND_SAMPLED
const request = (path: string, more: Attributes = {}): Span => ({
  attributes: { 'url.path': path, 'http.request.method': 'GET', ...more },
})

/** A rule, then spans it is about, then spans it is not about. */
test.for<[string, Omit<SamplingRule, 'ratio'>, Span[], Span[]]>([
  ['route', { route: '/health' }, [request('/health'), request('/x', { 'http.route': '/health' })], [request('/healthz'), request('/a/health'), { name: 'job', kind: SpanKind.INTERNAL }, { ...request('/health'), kind: SpanKind.CLIENT }]],
  ['route with a star', { route: '/assets/*' }, [request('/assets/'), request('/assets/a/b.js')], [request('/asset'), request('/x/assets/a')]],
  ['route with parameters', { route: '/users/:id/posts/{post}' }, [request('/users/7/posts/8'), request('/x', { 'http.route': '/users/:id/posts/{post}' })], [request('/users/7/posts/8/9'), request('/users//posts/8')]],
  ['route by expression', { route: /^\/v\d+\/ping$/g }, [request('/v1/ping'), request('/v22/ping')], [request('/v/ping')]],
  ['name', { name: 'nightly *' }, [{ name: 'nightly job', kind: SpanKind.INTERNAL }], [{ name: 'a nightly job', kind: SpanKind.INTERNAL }]],
  ['name of a request', { name: 'GET /x*' }, [request('/x'), request('/xyz'), { name: 'GET /x/:id' }], [request('/y'), request('/x', { 'http.request.method': 'POST' })]],
  ['attributes', { attributes: { tenant: 'big*', tries: 3, beta: true, host: /^a/ } }, [{ attributes: { tenant: 'bigger', tries: 3, beta: true, host: 'ab' } }], [{ attributes: { tenant: 'bigger', tries: 3, beta: true } }, { attributes: { tenant: 'big', tries: '3', beta: true, host: 'a' } }]],
  ['an attribute with several values', { attributes: { tags: 'x' } }, [{ attributes: { tags: ['y', 'x'] } }], [{ attributes: { tags: ['y'] } }]],
  ['all conditions together', { route: '/a', name: 'GET', attributes: { k: 'v' } }, [request('/a', { k: 'v' })], [request('/a'), request('/b', { k: 'v' })]],
  ['nothing', {}, [request('/'), { name: 'job' }], []],
])('a rule by %s', ([, rule, about, notAbout]) => {
  for (const span of about) expect(isSampled([{ ...rule, ratio: 0 }], span), JSON.stringify(span)).toBe(false)
  for (const span of notAbout) expect(isSampled([{ ...rule, ratio: 0 }], span), JSON.stringify(span)).toBe(true)
}) // biome-ignore format: a table

test('the first rule that matches counts, and without one the sampler', () => {
  const rules = [
    { route: '/a', ratio: 1 },
    { route: '/*', ratio: 0 },
  ]
  expect(
    [request('/a'), request('/b'), { name: 'job', kind: SpanKind.INTERNAL }].map((span) => isSampled(rules, span)),
  ).toEqual([true, false, true])
  expect(isSampled(rules, { name: 'job', kind: SpanKind.INTERNAL }, { name: 'always_off', arg: undefined })).toBe(false)
  expect(isSampled(rules, request('/a'), { name: 'always_off', arg: undefined })).toBe(true)
})

test.for([
  DEFAULT,
  { name: 'always_on', arg: undefined } as const,
  { name: 'parentbased_consistent_probability', arg: 1 } as const,
  new AlwaysOnSampler(),
])('a span with a parent follows it, whatever the rules say: %s', (given) => {
  for (const isRemote of [true, false]) {
    expect(isSampled([{ ratio: 0 }], { context: parent(1, isRemote) }, given)).toBe(true)
    expect(isSampled([{ ratio: 1 }], { context: parent(0, isRemote) }, given)).toBe(false)
  }
})

test('with a consistent sampler a rule writes its threshold', () => {
  const sampler = createConfiguredSampler({ name: 'parentbased_consistent_probability', arg: 1 }, [
    { route: '/a', ratio: 0.5 },
  ])
  const id = `${ID.slice(0, 18)}c0000000000000`
  const { traceState } = sampler.shouldSample(ROOT_CONTEXT, id, 'GET', SpanKind.SERVER, { 'url.path': '/a' }, [])
  expect(traceState?.serialize()).toBe('ot=th:8')
})

test('an expression of the application is not touched', () => {
  const route = /a/g
  const sampler = createConfiguredSampler(DEFAULT, [{ route, ratio: 0 }])
  for (let round = 0; round < 3; round++)
    expect(sampler.shouldSample(ROOT_CONTEXT, ID, 'GET', SpanKind.SERVER, { 'url.path': 'a' }, []).decision).toBe(
      SamplingDecision.NOT_RECORD,
    )
  expect(route.lastIndex).toBe(0)
})

test.for<[string, string, boolean]>([
  ['a*b*c', 'abc', true], ['a*b*c', 'aXbYc', true], ['a*b*c', 'acb', false], ['*', '', true], ['**', 'x', true], ['a*a', 'a', false], ['*.js', 'a.js.js', true], ['a.c', 'abc', false], ['$&(x)[y]', '$&(x)[y]', true], ['a*', 'a\nb', true], ['', 'a', false],
])('%j on %j: %s', ([pattern, text, expected]) => {
  expect(compilePattern(pattern)(text)).toBe(expected)
}) // biome-ignore format: a table

test('a pattern with many stars takes linear time', () => {
  const started = performance.now()
  expect(compilePattern('*a*a*a*a*a*a*a*b')('a'.repeat(20_000))).toBe(false)
  expect(compileRoute('/*/:a/*/:b/*/:c/x')('/a'.repeat(5_000))).toBe(false)
  expect(performance.now() - started).toBeLessThan(2000)
})

test.for<[unknown]>([
  [{}], ['/health'], [[{}]], [[{ route: '/a' }]], [[{ route: '/a', ratio: 2 }]], [[{ route: '/a', ratio: -1 }]], [[{ route: '/a', ratio: Number.NaN }]], [[{ route: 7, ratio: 1 }]], [[{ path: '/a', ratio: 1 }]],
  [[{ attributes: 'x', ratio: 1 }]], [[{ attributes: { a: null }, ratio: 1 }]], [[{ ratio: '1' }]], [[null]],
])('the option refuses %j', ([sampling]) => {
  expect(() => validateOptions({ sampling: sampling as SamplingRule[] })).toThrow(/Option sampling must be a list of rules/)
}) // biome-ignore format: a table

test('the option takes rules of every kind', () => {
  const rules: SamplingRule[] = [
    { route: '/health', ratio: 0 },
    { name: /x/, ratio: 0.1 },
    { attributes: { a: 1, b: true, c: 'x', d: /y/ }, ratio: 1 },
    { ratio: 0.5 },
  ]
  expect(() => validateOptions({ sampling: Object.freeze(rules) as SamplingRule[] })).not.toThrow()
})
