import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startHarness } from '../harness.ts'
import { id, traceIdOf, tracesRequest } from '../sample.ts'

test('a large export to a slow reader is whole, and makes no warning', async () => {
  await using viewer = await startHarness()
  const warnings: string[] = []
  const onWarning = ({ name }: Error) => warnings.push(name)
  process.on('warning', onWarning)
  const note = 'x'.repeat(2000)
  for (let batch = 0; batch < 20; batch++) {
    const spans = Array.from({ length: 200 }, (_, index) => {
      const number = batch * 200 + index + 1
      return { traceId: traceIdOf(number), spanId: id(number), name: 'work', at: 0, millis: 1, attributes: { note } }
    })
    await viewer.send('/v1/traces', tracesRequest('app', spans))
  }
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { authorization: `Bearer ${viewer.server.token}` }
    request(`${viewer.server.url}/api/v1/export`, { headers }, async (response) => {
      const pieces: Buffer[] = []
      let read = 0
      for await (const piece of response as AsyncIterable<Buffer>) {
        pieces.push(piece)
        read += piece.length
        if (read > 400_000) {
          read = 0
          await sleep(5)
        }
      }
      resolve(Buffer.concat(pieces).toString())
    })
      .on('error', reject)
      .end()
  })
  process.removeListener('warning', onWarning)
  expect(text.length).toBeGreaterThan(8_000_000)
  expect(text.match(/"name":"work"/g)).toHaveLength(4000)
  expect(warnings).toEqual([])
})
