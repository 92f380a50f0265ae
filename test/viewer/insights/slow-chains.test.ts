/** A slow statement makes slow all that wait for it: that is one finding, and what is slow by itself another. */
import { expect, test } from 'vitest'
import { type InsightList, ROUTES } from '../../../src/viewer/api.ts'
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
