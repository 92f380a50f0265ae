/** A back end that is slow, and one that is down: what waits grows in size before it grows in number, and what is lost is said. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { afterSuccess, batchLimit, INITIAL_LIMIT, MOST_IN_FLIGHT } from '../../src/delivery/queue/concurrency.ts'
import { configureLog } from '../../src/log.ts'
import { startSink } from '../faults/sink.ts'
import { decodeRequest, itemsOf } from '../wire/proto/otlp.ts'
import { assertBalanced, BATCH, sleep, startDelivery, totalOf, until } from './support.ts'

const closers: Array<() => unknown> = []
let lines: string[] = []
beforeEach(() => {
  lines = []
  const say = (line: string): void => void lines.push(line)
  configureLog({ logger: { error: say, warn: say, info: say, debug: say } })
})
afterEach(async () => {
  configureLog()
  for (const close of closers.splice(0)) await close()
})

test('a back end that takes two seconds an answer keeps up with 5,000 spans a second', {
  timeout: 60_000,
}, async () => {
  let underWay = 0
  let most = 0
  const sizes: number[] = []
  const server = createServer(async (request, response) => {
    most = Math.max(most, ++underWay)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    sizes.push(itemsOf('traces', decodeRequest('traces', gunzipSync(Buffer.concat(chunks)))).length)
    setTimeout(() => {
      underWay--
      response.end()
    }, 2000)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sink = await startSink()
  closers.push(() => sink.close())
  const { delivery, createSpans } = startDelivery([sink.destination('traces', { url: `${url}/v1/traces`, label: url })])
  for (let round = 0; round < 80; round++) {
    createSpans(500)
    await sleep(50)
  }
  const start = performance.now()
  // at 4 requests of 1,000 spans in two seconds it would take 16 more
  const result = await delivery.forceFlush({ timeoutMillis: 30_000 })
  expect(performance.now() - start).toBeLessThan(12_000)
  expect(result).toMatchObject({ dropped: 0, timedOut: false })
  expect(assertBalanced(delivery.health())).toMatchObject({ created: 40_000, delivered: 40_000 })
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40_000)
  expect(most).toBeGreaterThan(INITIAL_LIMIT)
  expect(most).toBeLessThanOrEqual(MOST_IN_FLIGHT)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(8000)
  await delivery.shutdown()
})

test('the limit doubles with each round of answers while a line waits, and falls back after it', () => {
  let limit = INITIAL_LIMIT
  for (let answers = 0; answers < 4; answers++) limit = afterSuccess(limit, 10)
  expect(limit).toBe(8)
  for (let answers = 0; answers < 100; answers++) limit = afterSuccess(limit, 10)
  expect(limit).toBe(MOST_IN_FLIGHT)
  for (let answers = 0; answers < 100; answers++) limit = afterSuccess(limit, 0)
  expect(limit).toBe(INITIAL_LIMIT)
})

test('a size of batches that the user has chosen is kept', () => {
  expect(batchLimit(1000, 1000, true)).toBe(8000)
  expect(batchLimit(1000, 1000, false)).toBe(1000)
  expect(batchLimit(512, 1000, true)).toBe(512)
})

test('no request is larger than the queue size that the user has chosen', async () => {
  const sink = await startSink()
  closers.push(() => sink.close())
  sink.behaviour = 'hang'
  const spanBatch = { ...BATCH, maxQueueSize: 1500 }
  const { delivery, createSpans } = startDelivery([sink.destination('traces', { timeoutMillis: 200 })], { spanBatch })
  createSpans(40_000)
  sink.behaviour = 'ok'
  await delivery.forceFlush()
  expect(sink.spanIds().size).toBe(40_000)
  expect(Math.max(...sink.received.map(({ items }) => items.length))).toBeLessThanOrEqual(1500)
  await delivery.shutdown()
})

test('a full buffer says so in one line, with what was dropped', async () => {
  const sink = await startSink()
  closers.push(() => sink.close())
  const { delivery, createSpans } = startDelivery([sink.destination('traces')], { bufferLimitBytes: 64 * 1024 })
  for (let round = 0; round < 20; round++) createSpans(5000)
  await delivery.forceFlush()
  const dropped = totalOf(delivery.health().signals.traces!.dropped)
  expect(dropped).toBeGreaterThan(0)
  await until(() => lines.length > 0)
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`^${dropped} spans for ${sink.url} were dropped: the buffer was full`)),
  ])
  // not again within a minute, but at the end
  createSpans(100_000)
  await delivery.forceFlush()
  expect(lines).toHaveLength(1)
  await delivery.shutdown()
  const all = totalOf(delivery.health().signals.traces!.dropped)
  expect(lines.slice(1)).toEqual([expect.stringContaining(`${all - dropped} spans for ${sink.url} were dropped`)])
})

test('the line after an outage counts what was lost in it, not what was lost before', async () => {
  const sink = await startSink()
  closers.push(() => sink.close())
  const { delivery, createSpans } = startDelivery([sink.destination('traces')], { bufferLimitBytes: 64 * 1024 })
  createSpans(100_000)
  await delivery.forceFlush()
  expect(totalOf(delivery.health().signals.traces!.dropped)).toBeGreaterThan(0)
  sink.behaviour = { status: 503 }
  createSpans(10)
  await until(() => lines.some((line) => line.includes("can't be delivered")))
  sink.behaviour = 'ok'
  await delivery.forceFlush()
  expect(lines.at(-1)).toMatch(/is delivered to .* again after \d+ s; nothing was dropped/)
  await delivery.shutdown()
})

test('the line after an outage that filled the buffer says how much it cost', async () => {
  const sink = await startSink()
  closers.push(() => sink.close())
  sink.behaviour = { status: 503 }
  const { delivery, createSpans } = startDelivery([sink.destination('traces')], { bufferLimitBytes: 64 * 1024 })
  createSpans(10)
  await until(() => lines.some((line) => line.includes("can't be delivered")))
  createSpans(100_000)
  const dropped = totalOf(delivery.health().signals.traces!.dropped)
  expect(dropped).toBeGreaterThan(0)
  sink.behaviour = 'ok'
  await delivery.forceFlush()
  expect(lines.find((line) => line.includes('again after'))).toContain(
    `${totalOf(delivery.health().signals.traces!.dropped)} items were dropped`,
  )
  await delivery.shutdown()
})
