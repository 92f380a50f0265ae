/** What a check makes of arguments, budgets, traces and findings; the command as a whole is in test/e2e/check.test.ts. */
import { describe, expect, test } from 'vitest'
import type { TraceDetail } from '../../../src/viewer/api.ts'
import { parseArguments } from '../../../src/viewer/check/arguments.ts'
import { checkBudgets, parseBudgets } from '../../../src/viewer/check/budget.ts'
import { findingsOf } from '../../../src/viewer/check/find.ts'
import { type CheckFinding, isAllowed } from '../../../src/viewer/check/finding.ts'
import { toJunit } from '../../../src/viewer/check/junit.ts'
import { type Request, requestsOf } from '../../../src/viewer/check/requests.ts'
import { startHarness } from '../harness.ts'
import { ORDERS, STOCK, traceIdOf, tracesRequest } from '../sample.ts'

async function sampleTraces(): Promise<TraceDetail[]> {
  await using harness = await startHarness()
  await harness.send('/v1/traces', tracesRequest('orders', ORDERS))
  await harness.send('/v1/traces', tracesRequest('stock', STOCK))
  return await Promise.all([1, 2, 3].map((number) => harness.get<TraceDetail>(`/api/v1/traces/${traceIdOf(number)}`)))
}

describe('arguments', () => {
  test('options end where the command begins', () => {
    expect(
      parseArguments(['--budget', 'b.json', '--allow', 'error,n-plus-one:GET /a*', 'npm', 'test', '--junit', 'x']),
    ).toEqual({
      command: ['npm', 'test', '--junit', 'x'],
      budget: 'b.json',
      allow: [
        { kind: 'error', operation: undefined },
        { kind: 'n-plus-one', operation: 'GET /a*' },
      ],
      junit: undefined,
      output: undefined,
      viewer: undefined,
      query: undefined,
      help: false,
    })
    expect(parseArguments(['--', '--odd']).command).toEqual(['--odd'])
    expect(parseArguments(['--viewer', 'http://t@localhost:1']).command).toEqual([])
  })

  test('takes quotes off that no shell has taken off', () => {
    expect(parseArguments(['--allow', 'n-plus-one:"GET /a*"', 'x']).allow).toEqual([
      { kind: 'n-plus-one', operation: 'GET /a*' },
    ])
  })

  test.for<[string[], RegExp]>([
    [[], /what to run is missing/],
    [['--allow', 'everything', 'x'], /not "everything"/],
    [['--query', 'service:', 'x'], /--query: service needs a value/],
    [['--viewer', 'localhost', 'x'], /must be a DSN/],
    [['--wat', 'x'], /--wat/],
    [['--junit'], /--junit/],
  ])('%o is wrong use', ([args, message]) => {
    expect(() => parseArguments(args)).toThrow(message)
  })
})

test('a trace is cut into requests: each server span, and tops that are no calls', async () => {
  const [first] = await sampleTraces()
  expect(requestsOf([first!])).toEqual([
    { traceId: traceIdOf(1), name: 'GET /orders/:id', service: 'orders', durationNs: 100e6, spans: 9, queries: 6 },
    { traceId: traceIdOf(1), name: 'GET /stock/:id', service: 'stock', durationNs: 15e6, spans: 1, queries: 0 },
  ])
})

describe('budgets', () => {
  const request = (name: string, millis: number, more: Partial<Request> = {}): Request => ({
    traceId: 'a',
    name,
    service: 's',
    durationNs: millis * 1e6,
    spans: 1,
    queries: 0,
    ...more,
  })

  test.for<[string, RegExp]>([
    ['{', /b\.json: /],
    ['[]', /a budget is an object/],
    ['{"GET /":5}', /"GET \/" is no object/],
    ['{"GET /":{"maxQuerys":5}}', /unknown limit maxQuerys; there are maxP95Millis, maxSpans, maxQueries/],
    ['{"GET /":{"maxSpans":"5"}}', /maxSpans of "GET \/" is no number/],
  ])('%s is refused', ([text, message]) => {
    expect(() => parseBudgets(text, 'b.json')).toThrow(message)
  })

  test('each limit that is gone over is one finding, with the worst request', () => {
    const { findings } = checkBudgets({ 'GET /': { maxSpans: 2, maxQueries: 1, maxP95Millis: 20 } }, [
      request('GET /', 10, { spans: 3, traceId: 'b' }),
      request('GET /', 30, { queries: 2, spans: 5, traceId: 'c' }),
      request('GET /other', 500),
    ])
    expect(findings.map(({ title, traceId, count }) => [title, traceId, count])).toEqual([
      ['GET / takes 30.0 ms (p95), at most 20 ms are allowed', 'c', 1],
      ['GET / makes 5 spans, at most 2 are allowed', 'c', 2],
      ['GET / makes 2 queries, at most 1 are allowed', 'c', 1],
    ])
  })

  test('what is just on the limit keeps it, and one slow request in twenty does not count', () => {
    const requests = [...Array.from({ length: 19 }, () => request('a', 10, { spans: 2 })), request('a', 900)]
    expect(checkBudgets({ a: { maxP95Millis: 10, maxSpans: 2 } }, requests).findings).toEqual([])
    expect(checkBudgets({ a: { maxP95Millis: 10 } }, requests.slice(10)).findings).toHaveLength(1)
  })

  test('the name to the letter goes before the pattern, and a name that nobody has is told', () => {
    const budgets = { 'GET /*': { maxSpans: 0 }, 'GET /a': { maxSpans: 9 }, 'GET /aa': {} }
    expect(checkBudgets(budgets, [request('GET /a', 1)])).toEqual({ findings: [], unused: ['GET /*', 'GET /aa'] })
    expect(checkBudgets(budgets, [request('GET /b', 1)]).findings).toHaveLength(1)
  })
})

test('findings of a run: what repeats and what failed, one a cause', async () => {
  const findings = findingsOf(await sampleTraces(), [])
  expect(findings.map(({ kind, operation, count, file, line }) => ({ kind, operation, count, file, line }))).toEqual([
    { kind: 'error', operation: 'GET /orders/:id', count: 1, file: '/app/src/orders.ts', line: 12 },
    { kind: 'n-plus-one', operation: 'GET /orders/:id', count: 1, file: null, line: null },
  ])
})

const finding: CheckFinding = {
  kind: 'error',
  key: 'e',
  title: 'Error: "a" < b & \u0000c',
  detail: 'd',
  service: 's',
  operation: 'GET /a',
  count: 2,
  file: '/app/x.js',
  line: 3,
  traceId: 't',
}

test.for([
  ['error', undefined, true],
  ['error', 'GET /*', true],
  ['error', 'GET /', false],
  ['budget', undefined, false],
] as const)('--allow %s:%s: %s', ([kind, operation, isLetPass]) => {
  expect(isAllowed(finding, [{ kind, operation }])).toBe(isLetPass)
})

test('JUnit: a test for each finding, one that passes for what was not found, texts made harmless', () => {
  const xml = toJunit({ failed: [finding], allowed: [{ ...finding, kind: 'budget' }], durationMillis: 1500 })
  expect(xml).toContain('<testsuites name="uptrace-node check" tests="5" failures="1" time="1.500">')
  expect(xml).toContain('name="Error: &#34;a&#34; &#60; b &#38; \ufffdc" file="/app/x.js" line="3"><failure')
  expect(xml).toMatch(/<testsuite name="budget" tests="1" failures="0" skipped="1">/)
  expect(xml.match(/<testcase /g)).toHaveLength(5)
})
