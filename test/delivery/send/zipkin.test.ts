/** Spans for Zipkin go the way of all spans: retried, split, counted, and sent at the end of the process. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDestination } from '../../../src/config/create-destination.ts'
import type { Destination } from '../../../src/config/destination.ts'
import { runSource } from '../../support/run-node.ts'
import { assertBalanced, startDelivery } from '../support.ts'

interface ZipkinSpan {
  readonly name: string
  readonly traceId: string
}

let server: Server
let taken: ZipkinSpan[] = []
let requests: Array<{ headers: IncomingMessage['headers']; url: string; spans: number; status: number }> = []
/** The answer to the request of this number, which holds so many spans. */
let answer: (index: number, spans: number) => number = () => 202

beforeEach(async () => {
  taken = []
  requests = []
  answer = () => 202
  server = createServer(take).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

function take(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    const body = Buffer.concat(chunks)
    const text = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    const spans = JSON.parse(text.toString()) as ZipkinSpan[]
    const status = answer(requests.length, spans.length)
    requests.push({ headers: incoming.headers, url: incoming.url ?? '', spans: spans.length, status })
    if (status < 300) taken.push(...spans)
    outgoing.writeHead(status).end()
  })
}

function destination(): Destination {
  const address = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/spans`)
  return createDestination({
    signal: 'traces',
    address,
    headers: { 'x-own': '1' },
    protocol: 'zipkin/json',
    compression: 'gzip',
    timeoutMillis: 5_000,
    tls: undefined,
  })
}

test('in JSON, compressed, to the path of Zipkin', async () => {
  const { delivery, createSpans } = startDelivery([destination()])
  createSpans(5)
  expect(await delivery.shutdown()).toEqual({ delivered: 5, dropped: 0, timedOut: false })
  expect(taken.map(({ name }) => name)).toEqual(['span 0', 'span 1', 'span 2', 'span 3', 'span 4'])
  expect(requests).toMatchObject([
    {
      url: '/api/v2/spans',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', 'x-own': '1' },
    },
  ])
})

test('a large request, which is made in pieces, is one list', async () => {
  const { delivery, createSpans } = startDelivery([destination()])
  createSpans(3_000)
  await delivery.shutdown()
  expect(new Set(taken.map(({ name }) => name)).size).toBe(3_000)
  expect(Math.max(...requests.map(({ spans }) => spans))).toBeGreaterThanOrEqual(1_000)
})

test('is tried again while the server is not ready, and loses nothing', async () => {
  answer = (index) => (index < 2 ? 503 : 202)
  const { delivery, createSpans } = startDelivery([destination()])
  createSpans(10)
  await delivery.shutdown({ timeoutMillis: 20_000 })
  expect(requests.map(({ status }) => status)).toEqual([503, 503, 202])
  expect(assertBalanced(delivery.health())).toMatchObject({ created: 10, delivered: 10, dropped: 0 })
})

test('is split where it is too large', async () => {
  answer = (_, spans) => (spans > 3 ? 413 : 202)
  const { delivery, createSpans } = startDelivery([destination()])
  createSpans(10)
  await delivery.shutdown()
  expect(taken).toHaveLength(10)
  expect(assertBalanced(delivery.health())).toMatchObject({ created: 10, delivered: 10, dropped: 0 })
})

test('what is refused is counted, with the reason', async () => {
  answer = () => 400
  const { delivery, createSpans } = startDelivery([destination()])
  createSpans(4)
  await delivery.shutdown()
  expect(delivery.health().signals.traces).toMatchObject({ dropped: { rejected: 4 }, lastError: 'answered 400' })
})

test.for([
  [403, 'answered 403 (are its headers or credentials right?)'],
  [404, 'answered 404 (is its address right?)'],
] as const)('the line about %i does not speak of a DSN', async ([status, expected]) => {
  answer = () => status
  const { delivery, createSpans } = startDelivery([destination()])
  createSpans(1)
  await delivery.shutdown()
  expect(delivery.health().signals.traces?.lastError).toBe(expected)
})

test.for([
  ['process.exit', 'process.exit(3)', 3],
  ['an uncaught error', "throw new Error('end')", 1],
  ['the end of its work', '', 0],
] as const)('%s loses nothing', async ([, ending, code]) => {
  const port = (server.address() as AddressInfo).port
  const result = await runSource(
    'mjs',
    `import { configureOpentelemetry, withSpan } from 'uptrace-node'
    configureOpentelemetry({ backend: 'zipkin://127.0.0.1:${port}' })
    for (let index = 0; index < 50; index++) withSpan('last ' + index, () => {})
    ${ending}`,
  )
  expect(result.code).toBe(code)
  expect(taken.filter(({ name }) => name.startsWith('last '))).toHaveLength(50)
  expect(requests.every(({ url }) => url === '/api/v2/spans')).toBe(true)
})
