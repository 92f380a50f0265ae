/** Back ends and proxies say anything: none of it forges a line, shows a secret, or spoils a count. */
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Destination } from '../../../src/config/destination.ts'
import { configureLog } from '../../../src/log.ts'
import { rememberSecret } from '../../../src/redact.ts'
import { encodeResponse } from '../../wire/proto/otlp.ts'
import { assertBalanced, startDelivery, until } from '../support.ts'

const TOKEN = 'tok3n-of-the-DSN'
const closers: Array<() => unknown> = []
let lines: string[] = []
beforeEach(() => {
  lines = []
  rememberSecret(TOKEN)
  const say = (line: string): void => void lines.push(line)
  configureLog({ logger: { error: say, warn: say, info: say, debug: say } })
})
afterEach(async () => {
  configureLog()
  for (const close of closers.splice(0)) await close()
})

interface Answer {
  readonly status?: number
  readonly type?: string
  readonly body: string | Uint8Array
}

async function startServer(answers: Answer | (() => Answer)): Promise<string> {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { status = 200, type = 'application/json', body } = typeof answers === 'function' ? answers() : answers
      response.writeHead(status, { 'content-type': type }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const destination = (url: string, overrides: Partial<Destination> = {}): Destination => ({
  signal: 'traces',
  url: `${url}/v1/traces`,
  label: url,
  headers: { 'uptrace-dsn': `https://${TOKEN}@api.test` },
  protocol: 'http/protobuf',
  compression: 'gzip',
  timeoutMillis: 5000,
  tls: undefined,
  ...overrides,
})

async function sendFive(answers: Answer) {
  const { delivery, createSpans } = startDelivery([destination(await startServer(answers))])
  createSpans(5)
  await delivery.forceFlush({ timeoutMillis: 5000 })
  const health = delivery.health()
  assertBalanced(health)
  await delivery.shutdown({ timeoutMillis: 100 })
  return health.signals.traces!
}

const json = (rejectedSpans: unknown): Answer => ({ body: JSON.stringify({ partialSuccess: { rejectedSpans } }) })

describe('the count of a partial success', () => {
  test.for<[string, Answer]>([
    ['a word', json('many')],
    ['negative', json(-3)],
    ['a negative text', json('-3')],
    ['a fraction', json(1.5)],
    ['beyond 64 bits', json('99999999999999999999999')],
    ['a float as text', json('1e3')],
    ['an object', json({ count: 3 })],
    ['true', json(true)],
    ['an empty text', json('')],
    ['a negative 64-bit number', { type: 'application/x-protobuf', body: encodeResponse(-1, '') }],
  ])('%s: ignored, with one line', async ([, answer]) => {
    expect(await sendFive(answer)).toMatchObject({ delivered: 5, dropped: {}, queued: 0 })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('no number')
  })

  test.for<[string, Answer, number]>([
    ['a number', json(2), 2],
    ['a number as text', json('2'), 2],
    ['none', json(undefined), 0],
    ['null', json(null), 0],
    ['more than were sent', json(100), 5],
    ['binary', { type: 'application/x-protobuf', body: encodeResponse(2, '') }, 2],
  ])('%s: read', async ([, answer, refused]) => {
    expect(await sendFive(answer)).toMatchObject({
      delivered: 5 - refused,
      dropped: refused ? { partial_success: refused } : {},
    })
  })

  test.for<[string, string]>([
    ['no JSON', '{"partialSuccess":'],
    ['a list', '[1,2]'],
    ['null', 'null'],
    ['null inside', '{"partialSuccess":null}'],
  ])('an answer that is %s is an acknowledgement', async ([, body]) => {
    expect(await sendFive({ body })).toMatchObject({ delivered: 5, dropped: {} })
  })
})

describe('texts', () => {
  const HOSTILE = `bad\x1b[31mred\x1b]0;title\x07\r\nuptrace: forged line\u2028\u202egnirts\u200b ${TOKEN} https://${TOKEN}@api.test ${Buffer.from(TOKEN).toString('base64')} ${'x'.repeat(5000)}`
  test.for<[string, Answer]>([
    ['a partial success', { body: JSON.stringify({ partialSuccess: { rejectedSpans: 1, errorMessage: HOSTILE } }) }],
    ['a partial success in binary', { type: 'application/x-protobuf', body: encodeResponse(1, HOSTILE) }],
    ['a refusal', { status: 400, type: 'text/plain', body: HOSTILE.slice(0, 1500) }],
    ['a refusal in JSON', { status: 422, body: JSON.stringify({ message: HOSTILE.slice(0, 1500) }) }],
  ])('of %s are on one line, bounded and without secrets', async ([, answer]) => {
    const { lastError } = await sendFive(answer)
    for (const text of [lastError!, ...lines]) {
      expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202e\u200b]|tok3n/u)
      expect(text).not.toContain(Buffer.from(TOKEN).toString('base64'))
      expect(text.length).toBeLessThan(700)
    }
    expect(lines).toHaveLength(1)
  })

  test('that are new each time are no line each', async () => {
    let count = 0
    const url = await startServer(() => ({
      status: 400,
      type: 'text/plain',
      body: `request ${(count++).toString(36)}-${count} of user ${'abcdefghij'.charAt(count % 10).repeat(9)} is bad`,
    }))
    const { delivery, createSpans } = startDelivery([destination(url)])
    for (let round = 0; round < 60; round++) {
      createSpans(1)
      await delivery.forceFlush()
    }
    expect(count).toBe(60)
    expect(lines.length).toBeLessThanOrEqual(17)
    await delivery.shutdown()
  })
})

describe('a proxy that does not let us through', () => {
  const variables = ['http_proxy', 'https_proxy']
  const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]))
  afterEach(() => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  })

  /** Answers CONNECT and plain requests alike. */
  async function startProxy(status: number): Promise<string> {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () =>
        socket.end(`HTTP/1.1 ${status} No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n`),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => server.close())
    return `http://user:hidden-password@127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test.for<[string, number, Partial<Destination>]>([
    ['http', 407, { url: 'http://back-end.test/v1/traces' }],
    ['https', 407, { url: 'https://back-end.test/v1/traces' }],
    ['https', 403, { url: 'https://back-end.test/v1/traces' }],
    ['https', 502, { url: 'https://back-end.test/v1/traces' }],
    ['grpc', 407, { url: 'http://back-end.test', protocol: 'grpc' }],
    ['grpc with TLS', 503, { url: 'https://back-end.test', protocol: 'grpc' }],
  ])('%s, %i: named as the proxy, and tried again', async ([, status, overrides]) => {
    for (const name of variables) process.env[name] = await startProxy(status)
    const { delivery, createSpans } = startDelivery([destination('http://back-end.test', overrides)])
    createSpans(5)
    await until(() => lines.length > 0)
    expect(lines[0]).toContain(`the proxy answered ${status}`)
    expect(assertBalanced(delivery.health())).toMatchObject({ queued: 5, dropped: 0 })
    await delivery.shutdown({ timeoutMillis: 50 })
    expect(lines.join('\n')).not.toContain('hidden-password')
  })

  test.for<[string, Partial<Destination>]>([
    ['http', { url: 'http://back-end.test/v1/traces' }],
    ['https', { url: 'https://back-end.test/v1/traces' }],
    ['grpc', { url: 'https://back-end.test', protocol: 'grpc' }],
  ])('%s, not there at all: named too', async ([, overrides]) => {
    for (const name of variables) process.env[name] = 'http://127.0.0.1:1'
    const { delivery, createSpans } = startDelivery([destination('http://back-end.test', overrides)])
    createSpans(5)
    await until(() => lines.length > 0)
    expect(lines[0]).toContain('the proxy: connection refused')
    await delivery.shutdown({ timeoutMillis: 50 })
  })
})
