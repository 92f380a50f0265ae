/** Imports of many: of traces in one request, and files too large to send as they are. */
import { expect, test } from 'vitest'
import type { ViewerStatus } from '../../../src/viewer/api.ts'
import { ROUTES } from '../../../src/viewer/api.ts'
import { createClient } from '../../../src/viewer/process/client.ts'
import { startHarness } from '../harness.ts'
import { id, nanos, traceIdOf } from '../sample.ts'

const line = (n: number, pad: string): string =>
  JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: traceIdOf(n + 1),
                spanId: id(n + 1),
                name: 'job',
                startTimeUnixNano: nanos(n),
                endTimeUnixNano: nanos(n + 1),
                attributes: [{ key: 'pad', value: { stringValue: pad } }],
              },
            ],
          },
        ],
      },
    ],
  })

test('a request of 60,000 traces takes as long for each as one of 15,000', async () => {
  await using viewer = await startHarness()
  const timed = async (count: number): Promise<number> => {
    const body = Array.from({ length: count }, (_, n) => line(n, '')).join('\n')
    const before = performance.now()
    const response = await viewer.fetch(ROUTES.import, { method: 'POST', body })
    expect(await response.json()).toMatchObject({ spans: count })
    return (performance.now() - before) / count
  }
  const few = await timed(15_000)
  await viewer.fetch(ROUTES.data, { method: 'DELETE' })
  expect(await timed(60_000)).toBeLessThan(few * 6)
})

test('a file larger than what may be sent is packed on its way', async () => {
  await using viewer = await startHarness()
  const body = Buffer.from(Array.from({ length: 2000 }, (_, n) => line(n, 'x'.repeat(10_000))).join('\n'))
  const client = createClient({ url: viewer.server.url, dsn: viewer.server.dsn })
  expect(await client.import(body)).toMatchObject({ spans: 2000, rejected: 0 })
  const { storage } = await viewer.get<ViewerStatus>(ROUTES.status)
  expect(storage.spans).toBe(2000)
})
