import { describe, expect, test } from 'vitest'
import type { ProgramRun } from '../../../src/viewer/api.ts'
import { type InsightKind, type InsightList, ROUTES, type TraceList } from '../../../src/viewer/api.ts'
import { analyzeTrace } from '../../../src/viewer/insights/detectors.ts'
import { findHighCardinality } from '../../../src/viewer/insights/high-cardinality.ts'
import { findSlow, isSlow } from '../../../src/viewer/insights/slow.ts'
import { placeTrace } from '../../../src/viewer/query/place-trace.ts'
import { createRollups } from '../../../src/viewer/query/rollups.ts'
import { buildTree } from '../../../src/viewer/query/tree.ts'
import { createLiveSpans } from '../../../src/viewer/receive/live-spans.ts'
import { createStore, type Store } from '../../../src/viewer/store/store.ts'
import type { TraceRow } from '../../../src/viewer/store/traces.ts'
import { decodeJson } from '../../../src/wire/decode.ts'
import { eventually, startHarness } from '../harness.ts'
import { id, type SampleSpan, traceIdOf, tracesRequest } from '../sample.ts'

const SERVER = 2
const CLIENT = 3

type Draft = Partial<SampleSpan> & { at: number; millis: number }

const root = (draft: Partial<SampleSpan> = {}): SampleSpan => ({
  traceId: traceIdOf(1),
  spanId: id(1),
  name: 'GET /list',
  kind: SERVER,
  at: 0,
  millis: 1000,
  ...draft,
})
let next = 100
const child = (draft: Draft): SampleSpan => ({
  traceId: traceIdOf(1),
  spanId: id(next++),
  parentSpanId: id(1),
  name: 'internal work',
  kind: 1,
  ...draft,
})
const sql = (statement: string, at: number, millis = 5, more: Partial<SampleSpan> = {}): SampleSpan =>
  child({
    name: `pg.query ${statement.split(' ')[0]}`,
    kind: CLIENT,
    at,
    millis,
    attributes: { 'db.system.name': 'postgresql', 'db.query.text': statement },
    ...more,
  })
const redis = (command: string, at: number, millis = 5): SampleSpan =>
  child({
    name: `redis-${command.split(' ')[0]}`,
    kind: CLIENT,
    at,
    millis,
    attributes: { 'db.system': 'redis', 'db.statement': command },
  })
const http = (url: string, at: number, millis = 5, method = 'GET'): SampleSpan =>
  child({ name: method, kind: CLIENT, at, millis, attributes: { 'http.request.method': method, 'url.full': url } })
const pool = (at: number, millis = 1): SampleSpan =>
  child({ name: 'pg-pool.connect', kind: CLIENT, at, millis, attributes: { 'db.system.name': 'postgresql' } })
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

function storeOf(requests: readonly object[]): Store {
  const store = createStore()
  for (const request of requests) store.add(decodeJson(request))
  return store
}

function analyze(spans: readonly SampleSpan[], usualNs: number | null = null, others: readonly object[] = []) {
  const store = storeOf([...others, tracesRequest('shop', spans)])
  try {
    const row = store.database.prepare('SELECT * FROM trace WHERE id = ?').get(spans[0]!.traceId) as unknown as TraceRow
    const placed = placeTrace({ store, live: createLiveSpans(store) }, row)
    const { findings, badges } = analyzeTrace(
      store,
      { traceId: row.id, startUs: placed.startUs, spans: placed.spans, tree: buildTree(placed.spans) },
      usualNs,
    )
    return { findings, badges }
  } finally {
    store.close()
  }
}

const kindsOf = (spans: readonly SampleSpan[], others?: readonly object[]): InsightKind[] =>
  [...new Set(analyze(spans, null, others).findings.map(({ kind }) => kind))].sort()

describe('N+1', () => {
  test.for<[title: string, spans: SampleSpan[]]>([
    [
      'five equal queries with other literals',
      [root(), ...times(5, (n) => sql(`SELECT * FROM a WHERE id = ${n}`, n * 10))],
    ],
    [
      'with pool and connect spans between them',
      [root(), ...times(5, (n) => [pool(n * 10), sql(`SELECT * FROM a WHERE id = ${n}`, n * 10 + 2)]).flat()],
    ],
    ['all at the same time', [root(), ...times(6, (n) => sql(`SELECT * FROM a WHERE id = ${n}`, 5))]],
    [
      'below other spans of the same request',
      [
        root(),
        ...times(5, (n) => [
          child({ spanId: id(50 + n), at: n * 10, millis: 8 }),
          sql(`SELECT ${n}+1 FROM a`, n * 10, 5, { parentSpanId: id(50 + n) }),
        ]).flat(),
      ],
    ],
    ['calls of one route', [root(), ...times(5, (n) => http(`http://api:80/users/${n}`, n * 10))]],
    ['reads of a cache', [root(), ...times(5, (n) => redis(`GET user:${n}`, n * 10))]],
    ['single inserts', [root(), ...times(5, (n) => sql(`INSERT INTO a VALUES (${n})`, n * 10))]],
    [
      'below a job that is no request',
      [root({ kind: 1 }), ...times(5, (n) => sql(`SELECT * FROM a WHERE id = ${n}`, n * 10))],
    ],
  ])('is found: %s', ([, spans]) => {
    const { findings, badges } = analyze(spans)
    expect(findings.filter(({ kind }) => kind === 'n+1')).toHaveLength(1)
    expect(badges).toContain('n+1')
  })

  test.for<[title: string, spans: SampleSpan[]]>([
    ['four are few', [root(), ...times(4, (n) => sql(`SELECT * FROM a WHERE id = ${n}`, n * 10))]],
    ['other statements', [root(), ...times(6, (n) => sql(`SELECT * FROM t${'abcdef'[n]} WHERE id = 1`, n * 10))]],
    ['reading on from a cursor', [root(), ...times(6, (n) => sql('FETCH 100 FROM c1', n * 10))]],
    ['connecting', [root(), ...times(6, (n) => pool(n * 10))]],
    ['transactions', [root(), ...times(6, (n) => [sql('BEGIN', n * 10), sql('COMMIT', n * 10 + 6)]).flat()]],
    ['functions without a call', [root(), ...times(9, (n) => child({ at: n * 10, millis: 5 }))]],
    [
      'each in a request of its own',
      [
        root(),
        ...times(5, (n) => [
          child({ spanId: id(60 + n), kind: SERVER, name: 'GET /x', at: n * 10, millis: 8 }),
          sql(`SELECT ${n}`, n * 10, 5, { parentSpanId: id(60 + n) }),
        ]).flat(),
      ],
    ],
  ])('is not found: %s', ([, spans]) => {
    expect(kindsOf(spans)).not.toContain('n+1')
  })

  test('tells how much could be saved: what the repeats cover but the longest of them', () => {
    const { findings } = analyze([
      root(),
      ...times(5, (n) => sql(`SELECT * FROM a WHERE id = ${n}`, n * 10, n === 0 ? 8 : 5)),
    ])
    expect(findings[0]).toMatchObject({ savingNs: 20e6, operation: 'GET /list', service: 'shop', weight: 5 })
  })

  test('has one key for all its traces', () => {
    const keyOf = (count: number) =>
      analyze([root(), ...times(count, (n) => sql(`SELECT * FROM a WHERE id = ${n}`, n * 10))]).findings[0]!.key
    expect(keyOf(5)).toBe(keyOf(9))
  })
})

describe('sequential calls', () => {
  const three = (gap: number, length = 20): SampleSpan[] => [
    sql('SELECT * FROM users WHERE id = 1', 10, length),
    redis('GET cart:1', 10 + length + gap, length),
    http('http://stock/items', 10 + 2 * (length + gap), length),
  ]
  test.for<[title: string, spans: SampleSpan[], isFound: boolean]>([
    ['three reads back to back', [root(), ...three(1)], true],
    ['with a connect span between them', [root(), ...three(1), pool(30.2, 0.5)], true],
    ['two are few', [root(), ...three(1).slice(0, 2)], false],
    ['with time between them', [root(), ...three(30)], false],
    ['that overlap', [root(), ...three(-10)], false],
    ['that take no time', [root(), ...three(0.1, 0.3)], false],
    ['of one statement', [root(), ...times(4, (n) => sql(`SELECT * FROM a WHERE id = ${n}`, n * 21, 20))], false],
    [
      'with a write among them',
      [root(), sql('SELECT a FROM b', 0, 20), sql('UPDATE b SET a = 1', 21, 20), sql('SELECT c FROM d', 42, 20)],
      false,
    ],
    ['within a transaction', [root(), sql('BEGIN', 0, 1), ...three(1), sql('COMMIT', 80, 1)], false],
    ['after a transaction', [root(), sql('BEGIN', 0, 1), sql('COMMIT', 2, 1), ...three(1)], true],
    [
      'below different parents',
      [
        root(),
        ...three(1).map((span, index) => ({ ...span, parentSpanId: id(70 + index) })),
        ...times(3, (n) => child({ spanId: id(70 + n), at: n * 21, millis: 25 })),
      ],
      false,
    ],
  ])('%s: %s', ([, spans, isFound]) => {
    const found = analyze(spans).findings.filter(({ kind }) => kind === 'sequential')
    expect(found).toHaveLength(isFound ? 1 : 0)
    if (isFound) expect(found[0]!.savingNs).toBe(40e6)
  })
})

describe('errors', () => {
  const stack = (line: number, file = '/app/src/a.ts') =>
    `Error: x\n    at f (node:internal/a:1:1)\n    at g (/app/node_modules/pg/b.js:2:2)\n    at load (${file}:${line}:3)`
  const thrown = (message: string, stacktrace = stack(10), type = 'TypeError') => ({ type, message, stacktrace })
  const keys = (...exceptions: ReturnType<typeof thrown>[]) =>
    new Set(exceptions.map((exception) => analyze([root({ error: 'x', exception })]).findings[0]!.key)).size

  test.for<[title: string, count: number, exceptions: ReturnType<typeof thrown>[]]>([
    ['other numbers in the message are one', 1, [thrown('no user 17'), thrown('no user 18')]],
    ['other quoted parts are one', 1, [thrown('no "a"'), thrown('no "b"')]],
    ['another line of the same function is one', 1, [thrown('x'), thrown('x', stack(11))]],
    ['another type is another', 2, [thrown('x'), thrown('x', stack(10), 'RangeError')]],
    ['another message is another', 2, [thrown('no user'), thrown('no order')]],
    ['another place is another', 2, [thrown('x'), thrown('x', stack(10, '/app/src/b.ts'))]],
  ])('%s', ([, count, exceptions]) => {
    expect(keys(...exceptions)).toBe(count)
  })

  test('an exception that climbs up is told once, where it began', () => {
    const exception = thrown('boom')
    const { findings } = analyze([
      root({ error: 'boom', exception }),
      child({ spanId: id(2), at: 1, millis: 5, error: 'boom', exception }),
      child({ parentSpanId: id(2), at: 2, millis: 3, error: 'boom', exception }),
    ])
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ kind: 'errors', severity: 'error', operation: 'internal work' })
  })

  test('an error without exception is told where it began, not at its callers', () => {
    const { findings } = analyze([
      root({ error: 'failed', attributes: { 'http.response.status_code': 500 } }),
      sql('SELECT 1 FROM x', 1, 5, { error: 'relation "x" does not exist' }),
    ])
    expect(findings.map(({ title }) => title)).toEqual(['relation "x" does not exist in pg.query SELECT'])
  })

  test('an exception on a span that did not fail is a warning', () => {
    expect(analyze([root({ exception: thrown('handled') })]).findings).toMatchObject([
      { kind: 'errors', severity: 'warning' },
    ])
  })

  test('a trace without errors has none', () => {
    expect(kindsOf([root(), sql('SELECT 1 FROM a', 1)])).toEqual([])
  })
})

describe('structure', () => {
  test.for<[title: string, spans: SampleSpan[], kinds: InsightKind[], badges: string[]]>([
    ['a whole trace is fine', [root(), child({ at: 1, millis: 2 })], [], []],
    [
      'an internal span without its parent',
      [root(), child({ at: 1, millis: 2, parentSpanId: id(999) })],
      ['broken-context'],
      ['partial'],
    ],
    ['a server span whose caller is elsewhere is only partial', [root({ parentSpanId: id(999) })], [], ['partial']],
    [
      'a span without an end',
      [root(), child({ at: 1, millis: 0, extra: { endTimeUnixNano: '0' } })],
      ['unclosed'],
      ['unclosed'],
    ],
    [
      'one id twice',
      [root(), child({ spanId: id(7), at: 1, millis: 2 }), child({ spanId: id(7), at: 5, millis: 1, name: 'other' })],
      ['hygiene'],
      ['duplicate-spans'],
    ],
    ['an end before the start', [root(), child({ at: 10, millis: -3 })], ['hygiene'], ['clock-skew']],
    ['dropped attributes', [root({ extra: { droppedAttributesCount: 3 } })], ['hygiene'], []],
  ])('%s', ([, spans, kinds, badges]) => {
    const found = analyze(spans)
    expect([...new Set(found.findings.map(({ kind }) => kind))]).toEqual(kinds)
    expect([...found.badges].sort()).toEqual(badges)
  })
})

describe('lost context', () => {
  const request = (service: string, instance: string, at: number, millis: number) =>
    tracesRequest(
      service,
      [{ traceId: traceIdOf(2), spanId: id(900), name: 'POST /orders', kind: SERVER, at, millis }],
      instance,
    )
  const lonely = (kind: number, at = 100) => [root({ kind, at, millis: 10, name: 'send mail' })]
  test.for<[title: string, spans: SampleSpan[], other: object, isFound: boolean]>([
    ['an internal root within a request of the same process', lonely(1), request('shop', 'shop-1', 50, 200), true],
    ['a client root', lonely(CLIENT), request('shop', 'shop-1', 50, 200), true],
    ['a server root is a request of its own', lonely(SERVER), request('shop', 'shop-1', 50, 200), false],
    ['of another process', lonely(1), request('shop', 'shop-2', 50, 200), false],
    ['of another service', lonely(1), request('other', 'shop-1', 50, 200), false],
    ['after the request', lonely(1, 400), request('shop', 'shop-1', 50, 200), false],
    ['that outlasts the request', lonely(1, 245), request('shop', 'shop-1', 50, 200), false],
  ])('%s: %s', ([, spans, other, isFound]) => {
    expect(kindsOf(spans, [other])).toEqual(isFound ? ['broken-context'] : [])
  })
})

describe('slow operations', () => {
  const find = (
    calls: readonly [run: string, millis: number, atMinute: number][],
    kind = SERVER,
    programs: readonly Pick<ProgramRun, 'id' | 'runs' | 'firstUs'>[] = [],
  ) => {
    const store = createStore()
    const [svc, name] = [store.texts.idOf('shop'), store.texts.idOf('GET /a')]
    const rollups = createRollups()
    for (const [run, millis, minute] of calls)
      rollups.add({ run, svc, name, kind, system: 1 }, minute * 60e6 + 1, millis * 1e6, false)
    const found = findSlow(rollups, store.texts, programs as readonly ProgramRun[])
    store.close()
    return found.map(({ title }) => (title.includes('run before') ? 'regression' : 'tail'))
  }
  const many = (run: string, count: number, millis: number, minute = 1) =>
    times(count, () => [run, millis, minute] as [string, number, number])

  test.for<[title: string, calls: [string, number, number][], found: string[]]>([
    ['a long tail', [...many('a', 90, 10), ...many('a', 10, 200)], ['tail']],
    ['even calls', many('a', 100, 50), []],
    ['a tail that nobody notices', [...many('a', 90, 1), ...many('a', 10, 10)], []],
    ['few calls', [...many('a', 9, 10), ...many('a', 2, 500)], []],
    ['slower than the run before', [...many('a', 20, 50), ...many('b', 20, 100, 9)], ['regression']],
    ['faster than the run before', [...many('a', 20, 100), ...many('b', 20, 50, 9)], []],
    ['a run with few calls does not count', [...many('a', 5, 50), ...many('b', 20, 100, 9)], []],
  ])('%s', ([, calls, found]) => {
    expect(find(calls)).toEqual(found)
  })

  test('workers that run side by side are one run', () => {
    const calls = [...many('a', 20, 50), ...many('b', 20, 100, 2), ...many('c', 20, 160, 9)]
    expect(find(calls)).toEqual(['regression'])
    const together = { id: 'a', runs: ['a', 'b', 'c'], firstUs: 1 }
    expect(find(calls, SERVER, [together])).toEqual([])
    const restarted = { id: 'c', runs: ['c'], firstUs: 8 * 60e6 }
    expect(find(calls, SERVER, [{ ...together, runs: ['a', 'b'] }, restarted])).toEqual(['regression'])
    // another command that still runs is not the run before
    expect(
      find([...many('a', 20, 50, 8), ...many('c', 20, 120, 9)], SERVER, [{ ...restarted, firstUs: 7 * 60e6 }]),
    ).toEqual([])
  })

  test('functions within a process are left out', () => {
    expect(find([...many('a', 90, 10), ...many('a', 10, 200)], 1)).toEqual([])
  })

  test.for<[durationMillis: number, usualMillis: number | null, expected: boolean]>([
    [100, 20, true],
    [100, 40, false],
    [10, 1, false],
    [100, null, false],
  ])('a trace of %d ms with a median of %d ms: %s', ([duration, usual, expected]) => {
    expect(isSlow(duration * 1e6, usual === null ? null : usual * 1e6)).toBe(expected)
  })
})

describe('names that carry data', () => {
  const find = (names: readonly string[]) => {
    const store = createStore()
    const rollups = createRollups()
    for (const name of names)
      rollups.add(
        { run: 'a', svc: store.texts.idOf('shop'), name: store.texts.idOf(name), kind: 1, system: 0 },
        1,
        1,
        false,
      )
    const found = findHighCardinality(rollups, store.texts)
    store.close()
    return found.map(({ operation, count }) => [operation, count])
  }
  test.for<[title: string, names: string[], found: unknown[]]>([
    ['ids in the name', times(20, (n) => `user ${n}`), [['user *', 20]]],
    ['long hex ids', times(25, (n) => `job ${'ab12'.repeat(5)}${n.toString(16)}f`), [['job *', 25]]],
    ['nineteen are few', times(19, (n) => `user ${n}`), []],
    ['routes', ['GET /a', 'GET /b', 'POST /a'], []],
    [
      '500 names of words',
      times(520, (n) => `work ${n.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)}`),
      [[null, 520]],
    ],
  ])('%s', ([, names, found]) => {
    expect(find(names)).toEqual(found)
  })
})

describe('of the running viewer', () => {
  const nPlusOne = (trace: number): SampleSpan[] =>
    [root(), ...times(5, (n) => sql(`SELECT * FROM a WHERE id = ${n}`, n * 10))].map((span) => ({
      ...span,
      traceId: traceIdOf(trace),
    }))

  test('equal findings of many traces are one insight', async () => {
    await using viewer = await startHarness()
    await viewer.send('/v1/traces', tracesRequest('shop', times(8, (n) => nPlusOne(n + 1)).flat()))
    const [insight] = await eventually(async () => {
      const { insights } = await viewer.get<InsightList>(ROUTES.insights)
      return insights[0]?.count === 8 ? insights : undefined
    })
    expect(insight).toMatchObject({ kind: 'n+1', count: 8, service: 'shop', operation: 'GET /list' })
    expect(insight!.evidence).toHaveLength(5)
    const { traces } = await viewer.get<TraceList>(`${ROUTES.traces}?${new URLSearchParams({ q: insight!.query! })}`)
    expect(traces).toHaveLength(8)
  })

  test('a late span makes a trace be looked at again', async () => {
    await using viewer = await startHarness()
    const spans = nPlusOne(1)
    const badges = async () => (await viewer.get<TraceList>(ROUTES.traces)).traces[0]!.badges
    await viewer.send('/v1/traces', tracesRequest('shop', spans.slice(1)))
    await eventually(async () => ((await badges()).includes('partial') ? true : undefined))
    await viewer.send('/v1/traces', tracesRequest('shop', spans.slice(0, 1)))
    await eventually(async () => ((await badges()).join() === 'n+1' ? true : undefined))
  })

  test('a program without a name is told of', async () => {
    await using viewer = await startHarness()
    await viewer.send('/v1/traces', {
      resourceSpans: [
        {
          resource: { attributes: [] },
          scopeSpans: [
            {
              spans: [
                {
                  traceId: traceIdOf(1),
                  spanId: id(1),
                  name: 'a',
                  startTimeUnixNano: '1000000',
                  endTimeUnixNano: '2000000',
                },
              ],
            },
          ],
        },
      ],
    })
    const { insights } = await viewer.get<InsightList>(ROUTES.insights)
    expect(insights).toMatchObject([{ kind: 'hygiene', title: 'A program sends telemetry as unknown_service' }])
  })
})
