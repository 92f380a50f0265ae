import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import * as zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROUTES, type ViewerStatus } from '../../../src/viewer/api.ts'
import { decodeJsonText, decodeProtobuf } from '../../../src/wire/decode.ts'
import { type Harness, startHarness } from '../harness.ts'
import { ORDERS, tracesRequest } from '../sample.ts'

let viewer: Harness

beforeAll(async () => {
  viewer = await startHarness({
    bodyLimits: { maxBodyBytes: 100_000, maxDecodedBytes: 1_000_000, maxInFlightBytes: 3_000_000 },
    requestTimeoutMillis: 600,
    headersTimeoutMillis: 400,
    otlpPort: 0,
  })
})

afterAll(() => viewer[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

/** Sends any header, which fetch does not. */
async function send(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array | string; url?: string } = {},
): Promise<Answer> {
  const outgoing = httpRequest((options.url ?? viewer.server.url).replace('localhost', '127.0.0.1') + path, {
    method: options.method ?? 'GET',
    headers: { host: `localhost:${viewer.server.port}`, ...options.headers },
  })
  outgoing.end(options.body)
  const [response] = await once(outgoing, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, text }
}

const token = () => ({ authorization: `Bearer ${viewer.server.token}` })
const ours = () => `localhost:${viewer.server.port}`

describe('who may read', () => {
  test.for<[title: string, headers: () => Record<string, string>, status: number]>([
    ['the token', token, 200],
    ['the token in uptrace-dsn', () => ({ 'uptrace-dsn': viewer.server.dsn }), 200],
    ['no token', () => ({}), 401],
    ['another token', () => ({ authorization: 'Bearer wrong' }), 401],
    ['a token that begins like ours', () => ({ authorization: `Bearer ${viewer.server.token.slice(0, -1)}` }), 401],
    ['another Host', () => ({ ...token(), host: 'evil.example' }), 421],
    ['another Host with our port', () => ({ ...token(), host: `evil.example:${viewer.server.port}` }), 421],
    ['localhost with another port', () => ({ ...token(), host: 'localhost:1' }), 421],
    ['localhost without a port', () => ({ ...token(), host: 'localhost' }), 421],
    ['127.0.0.1', () => ({ ...token(), host: `127.0.0.1:${viewer.server.port}` }), 200],
    ['our own Origin', () => ({ ...token(), origin: `http://${ours()}` }), 200],
    ['another Origin', () => ({ ...token(), origin: 'https://evil.example' }), 403],
    ['an Origin on another port of localhost', () => ({ ...token(), origin: 'http://localhost:3000' }), 403],
    ['Origin null', () => ({ ...token(), origin: 'null' }), 403],
    ['https of our own host', () => ({ ...token(), origin: `https://${ours()}` }), 403],
    ['a request from another site', () => ({ ...token(), 'sec-fetch-site': 'cross-site' }), 403],
    ['a request from the same site, another port', () => ({ ...token(), 'sec-fetch-site': 'same-site' }), 403],
    ['a request from our pages', () => ({ ...token(), 'sec-fetch-site': 'same-origin' }), 200],
  ])('%s', async ([, headers, status]) => {
    expect((await send(ROUTES.status, { headers: headers() })).status).toBe(status)
    expect((await send('/api/services', { headers: headers() })).status).toBe(status)
  })

  test('a page that was opened by hand carries a cookie that reads, and is not the token', async () => {
    const page = await send('/traces', { headers: { 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' } })
    const [cookie] = page.headers['set-cookie'] as string[]
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict$/)
    expect(cookie).not.toContain(viewer.server.token)
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    const read = await send(ROUTES.status, { headers: { cookie: cookie!.split(';')[0]! } })
    expect(read.status).toBe(200)
  })

  test('a page that is embedded gets no cookie', async () => {
    const page = await send('/', { headers: { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' } })
    expect(page.headers['set-cookie']).toBeUndefined()
    expect(page.headers['x-frame-options']).toBe('DENY')
  })

  test('no path leads out of the folder of the pages', async () => {
    for (const path of ['/../../package.json', '/..%2f..%2fpackage.json', '/%2e%2e/package.json', '//etc/passwd.txt'])
      expect([404, 400, 200]).toContain((await send(path)).status)
    expect((await send('/..%2f..%2fpackage.json')).text).not.toContain('"dependencies"')
  })

  test('no answer but the status names the token', async () => {
    for (const path of ['/', '/healthz', '/healthz?challenge=a', '/api/v1/traces', '/nothing.js'])
      expect((await send(path)).text).not.toContain(viewer.server.token)
  })
})

describe('who may send', () => {
  const body = JSON.stringify(tracesRequest('orders', ORDERS.slice(-1)))
  const json = { 'content-type': 'application/json' }
  test.for<[title: string, headers: () => Record<string, string>, status: number]>([
    ['the token', token, 200],
    ['no token', () => ({}), 401],
    [
      'a page of another port of this machine, with the token',
      () => ({ ...token(), origin: 'http://localhost:3000' }),
      200,
    ],
    ['a foreign page', () => ({ ...token(), origin: 'https://evil.example' }), 403],
    ['a foreign Host', () => ({ ...token(), host: 'evil.example' }), 421],
  ])('%s', async ([, headers, status]) => {
    const answer = await send('/v1/traces', { method: 'POST', headers: { ...json, ...headers() }, body })
    expect(answer.status).toBe(status)
  })

  test('the last refusal is shown in the status', async () => {
    await send('/v1/traces', { method: 'POST', headers: json, body })
    const { ingest } = await viewer.get<ViewerStatus>(ROUTES.status)
    expect(ingest.lastError).toMatchObject({ path: '/v1/traces', message: expect.stringContaining('token') })
  })

  test('the plain OTLP port takes telemetry without a token and answers nothing else', async () => {
    const url = viewer.server.otlpUrl!
    const host = url.slice('http://'.length)
    const headers = { ...json, host }
    expect((await send('/v1/traces', { url, method: 'POST', headers, body })).status).toBe(200)
    expect((await send(ROUTES.traces, { url, headers })).status).toBe(404)
    expect(
      (await send('/v1/traces', { url, method: 'POST', headers: { ...headers, host: 'evil.example' }, body })).status,
    ).toBe(421)
    const foreign = { ...headers, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    expect((await send('/v1/traces', { url, method: 'POST', headers: foreign, body })).status).toBe(403)
  })
})

describe('bodies', () => {
  const text = Buffer.from(JSON.stringify(tracesRequest('packed', ORDERS.slice(0, 3))))
  const post = (body: Uint8Array, encoding?: string, type = 'application/json') =>
    send('/v1/traces', {
      method: 'POST',
      headers: {
        ...token(),
        'content-type': type,
        ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      },
      body,
    })

  test.for<[encoding: string, pack: (bytes: Buffer) => Buffer]>([
    ['gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['deflate', zlib.deflateRawSync],
    ['zstd', zlib.zstdCompressSync],
    ['br', zlib.brotliCompressSync],
    ['identity', (bytes) => bytes],
  ])('%s is read', async ([encoding, pack], { expect }) => {
    // a comment makes each body another, or it would be taken for a retry
    const body = pack(Buffer.concat([text, Buffer.from(' '.repeat(Math.ceil(Math.random() * 999)))]))
    expect((await post(body, encoding)).status).toBe(200)
  })

  test.for<[title: string, body: () => Buffer, encoding: string | undefined, type: string, status: number]>([
    ['larger than the limit as sent', () => Buffer.alloc(100_001, 32), undefined, 'application/json', 413],
    ['a gzip bomb', () => zlib.gzipSync(Buffer.alloc(50_000_000)), 'gzip', 'application/json', 413],
    ['a zstd bomb', () => zlib.zstdCompressSync(Buffer.alloc(50_000_000)), 'zstd', 'application/json', 413],
    ['a brotli bomb', () => zlib.brotliCompressSync(Buffer.alloc(50_000_000)), 'br', 'application/json', 413],
    ['no gzip at all', () => Buffer.from('hello'), 'gzip', 'application/json', 400],
    ['half a gzip', () => zlib.gzipSync(text).subarray(0, 30), 'gzip', 'application/json', 400],
    ['an unknown encoding', () => text, 'snappy', 'application/json', 415],
    ['an encoding named like a method of objects', () => text, 'constructor', 'application/json', 415],
    ['another type', () => text, undefined, 'text/plain', 415],
    ['no JSON', () => Buffer.from('{'), undefined, 'application/json', 400],
    ['JSON that is no request', () => Buffer.from('[1,2'), undefined, 'application/json', 400],
    [
      'an endless list of empty objects',
      () => zlib.gzipSync(`{"resourceSpans":[${'{},'.repeat(300_000)}{}]}`),
      'gzip',
      'application/json',
      400,
    ],
    ['an endless list of empty spans', () => manySpans(300_000), 'gzip', 'application/x-protobuf', 400],
    [
      'a time beyond all numbers',
      () => Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1e400}]}]}]}'),
      undefined,
      'application/json',
      400,
    ],
    [
      'a time beyond 64 bits',
      () => Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"endTimeUnixNano":1e30}]}]}]}'),
      undefined,
      'application/json',
      400,
    ],
    ['no protobuf', () => Buffer.from([0xff, 0xff, 0xff]), undefined, 'application/x-protobuf', 400],
  ])('%s is refused', async ([, body, encoding, type, status]) => {
    expect((await post(body(), encoding, type)).status).toBe(status)
    expect((await send('/healthz')).status).toBe(200)
  })

  test('a limit on messages holds however small they are', () => {
    const bytes = Buffer.alloc(2 * 2_100_000)
    for (let at = 0; at < bytes.length; at += 2) bytes[at] = 10
    expect(() => decodeProtobuf('traces', bytes)).toThrow(/at most/)
    expect(() => decodeJsonText(`[${'[],'.repeat(2_100_000)}[]]`)).toThrow(/at most/)
  })

  test('the same bytes again are a retry and are counted once', async () => {
    const before = (await viewer.get<ViewerStatus>(ROUTES.status)).storage.spans
    const body = Buffer.from(JSON.stringify(tracesRequest('retried', ORDERS)))
    for (let attempt = 0; attempt < 3; attempt++) expect((await post(body)).status).toBe(200)
    expect((await viewer.get<ViewerStatus>(ROUTES.status)).storage.spans).toBe(before + ORDERS.length)
  })

  test('spans without valid ids are told of as partial success', async () => {
    const request = {
      resourceSpans: [
        { scopeSpans: [{ spans: [{ traceId: '0'.repeat(32), spanId: '1'.repeat(16) }, { name: 'x' }] }] },
      ],
    }
    const answer = await post(Buffer.from(JSON.stringify(request)))
    expect(JSON.parse(answer.text)).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage: expect.stringContaining('valid') },
    })
  })
})

/** One scope with so many empty spans. */
function manySpans(count: number): Buffer {
  const spans = Buffer.alloc(2 * count)
  for (let at = 0; at < spans.length; at += 2) spans[at] = 18
  const field = (tag: number, bytes: Buffer) => {
    const length: number[] = []
    for (let rest = bytes.length; ; rest >>>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest)
      if (rest <= 127) break
    }
    return Buffer.concat([Buffer.from([tag, ...length]), bytes])
  }
  return zlib.gzipSync(field(10, field(18, spans)))
}

describe('strange targets', () => {
  test.for([
    ['//', 400],
    ['http://evil.example/', 400],
    ['*', 400],
    ['/%', 200],
    ['//traces', 400],
    ['/\\\\x', 200],
    ['/?%', 200],
  ] as const)('%s gets %i', async ([target, status]) => {
    const socket = connect(viewer.server.port, '127.0.0.1')
    socket.write(`GET ${target} HTTP/1.1\r\nhost: ${ours()}\r\nconnection: close\r\n\r\n`)
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })
})

describe('slow and silent senders', () => {
  const opened = async (text: string): Promise<number> => {
    const socket = connect(viewer.server.port, '127.0.0.1')
    const started = performance.now()
    socket.on('error', () => {})
    socket.write(text)
    socket.resume()
    await once(socket, 'close')
    return performance.now() - started
  }

  test.for<[title: string, text: () => string]>([
    ['half a header', () => 'POST /v1/traces HTTP/1.1\r\nhost: loc'],
    [
      'a body that does not come',
      () =>
        `POST /v1/traces HTTP/1.1\r\nhost: ${ours()}\r\nauthorization: Bearer ${viewer.server.token}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
    ],
  ])('%s is not waited for', async ([, text]) => {
    expect(await opened(text())).toBeLessThan(5000)
    expect((await send('/healthz')).status).toBe(200)
  })

  test.for([200, 700])('%i of them do not keep others out', async (count) => {
    const sockets = Array.from({ length: count }, () => connect(viewer.server.port, '127.0.0.1').on('error', () => {}))
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\n')
    expect((await send('/healthz')).status).toBe(200)
    for (const socket of sockets) socket.destroy()
  })
})
