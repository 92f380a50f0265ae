/** A slow statement makes slow all that wait for it: that is one finding, and what is slow by itself another. */
import { describe, expect, test } from 'vitest'
import { type InsightList, ROUTES } from '../../../src/viewer/api.ts'
import { mergeChains, type SlowFinding } from '../../../src/viewer/insights/slow-chains.ts'
import { createStore, type Store } from '../../../src/viewer/store/store.ts'
import { decodeJson } from '../../../src/wire/decode.ts'
import { startHarness } from '../harness.ts'
import { id, type SampleSpan, traceIdOf, tracesRequest } from '../sample.ts'

const [SERVER, CLIENT] = [2, 3]

/** web calls api, which asks the database; a mail is sent beside. */
function chain(n: number, statementMillis: number, mailMillis: number): [web: SampleSpan[], api: SampleSpan[]] {
  const traceId = traceIdOf(n + 1)
  const span = (index: number, parent: number | undefined, name: string, kind: number, millis: number): SampleSpan => ({
    traceId,
    spanId: id(n * 10 + index),
    ...(parent !== undefined && { parentSpanId: id(n * 10 + parent) }),
    name,
    kind,
    at: n * 100 + index,
    millis,
  })
  return [
    [
      span(1, undefined, 'GET /page', SERVER, statementMillis + 6),
      span(2, 1, 'GET', CLIENT, statementMillis + 4),
      { ...span(5, undefined, 'POST /mail', SERVER, mailMillis), traceId: traceIdOf(n + 1000) },
    ],
    [span(3, 2, 'GET /items', SERVER, statementMillis + 2), span(4, 3, 'SELECT items', CLIENT, statementMillis)],
  ]
}

test('one finding a cause', async () => {
  await using viewer = await startHarness()
  for (let n = 0; n < 40; n++) {
    const [web, api] = chain(n, n % 10 === 0 ? 400 : 5, n % 10 === 5 ? 900 : 8)
    await viewer.send('/v1/traces', tracesRequest('web', web))
    await viewer.send('/v1/traces', tracesRequest('api', api))
  }
  const { insights } = await viewer.get<InsightList>(ROUTES.insights)
  const slow = insights.filter(({ kind }) => kind === 'slow')
  expect(slow.map(({ title }) => title).sort()).toEqual([
    'One in twenty calls of POST /mail is slow',
    'One in twenty calls of SELECT items is slow',
  ])
  const { detail } = slow.find(({ title }) => title.includes('SELECT'))!
  expect(detail).toContain('What waits for it is slow too')
  for (const waiting of ['GET /page (web)', 'GET (web)', 'GET /items (api)']) expect(detail).toContain(waiting)
  expect(slow.find(({ title }) => title.includes('mail'))!.detail).not.toContain('waits')
})

describe('causes that have causes', () => {
  const [SLOW, USUAL] = [1e9, 0]
  /** Each trace is a call of one operation by another. */
  test.for<[title: string, spans: [trace: number, parent: string, child: string, millis: number][], found: string[]]>([
    [
      'are followed to the last, which names all that wait',
      [
        [1, 'a', 'b', 1000],
        [2, 'b', 'c', 500],
        [3, 'b', 'c', 500],
      ],
      ['c waited for by a, b'],
    ],
    [
      'and are each other: none is lost',
      [
        [1, 'a', 'b', 1000],
        [2, 'b', 'a', 500],
        [3, 'b', 'a', 500],
      ],
      ['a waited for by ', 'b waited for by '],
    ],
  ])('%s', ([, traces, expected]) => {
    const store = createStore()
    try {
      for (const [trace, parent, child, millis] of traces) {
        const common = { traceId: traceIdOf(trace), at: trace * 2000, kind: SERVER }
        const root = { ...common, spanId: id(trace * 10), name: parent, millis }
        const below = { ...common, spanId: id(trace * 10 + 1), parentSpanId: root.spanId, name: child }
        store.add(decodeJson(tracesRequest('shop', [root, { ...below, millis: millis * 0.6 }])))
      }
      const findings = operationsOf(store).map(({ operation, ...operationKey }) => ({
        ...{ operation, operationKey, service: 'shop', detail: '' },
        // only what is half as long is an example
        weight: operation === 'a' ? SLOW : USUAL,
      })) as unknown as SlowFinding[]
      const merged = mergeChains(store, findings).map(({ operation, detail }) => {
        const waiting = [...detail.matchAll(/(\w) \(shop\)/g)].map(([, name]) => name)
        return `${operation} waited for by ${waiting.join(', ')}`
      })
      expect(merged).toEqual(expected)
    } finally {
      store.close()
    }
  })

  const operationsOf = ({ database }: Store) =>
    database
      .prepare(
        'SELECT DISTINCT s.svc, s.name, s.kind, str.v AS operation FROM span s JOIN str ON str.id = s.name ORDER BY str.v',
      )
      .all() as { svc: number; name: number; kind: number; operation: string }[]
})
