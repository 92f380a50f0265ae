/** What gRPC servers, and what stands in their place, do to a connection. The servers are node:http2 itself, so that each frame is ours to choose. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Destination } from '../../../src/config/destination.ts'
import { createGrpcSender } from '../../../src/delivery/send/grpc.ts'
import { configureLog } from '../../../src/log.ts'
import { assertBalanced, startDelivery, until } from '../support.ts'

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

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

const destination = (port: number, overrides: Partial<Destination> = {}): Destination => ({
  signal: 'traces',
  url: `http://127.0.0.1:${port}`,
  label: `http://127.0.0.1:${port}`,
  headers: {},
  protocol: 'grpc',
  compression: 'gzip',
  timeoutMillis: 10_000,
  tls: undefined,
  ...overrides,
})

/** Answers each call, by its number, as told. */
async function startServer(onCall: (stream: ServerHttp2Stream, call: number) => void) {
  const sessions = new Set<ServerHttp2Session>()
  let calls = 0
  const server: Http2Server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    session.on('error', () => {})
  })
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    onCall(stream, calls++)
  })
  closers.push(() => {
    for (const session of sessions) session.destroy()
  })
  return { port: await listen(server), sessions, calls: () => calls }
}

/** Takes the request in, then acknowledges it. */
function accept(stream: ServerHttp2Stream, headers: Record<string, string> = { 'grpc-status': '0' }): void {
  stream.resume()
  stream.on('end', () => {
    if (stream.destroyed) return
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers(headers))
    stream.end(Buffer.from([0, 0, 0, 0, 0]))
  })
}

test.for([
  ['connection', 'keep-alive'],
  ['transfer-encoding', 'chunked'],
  ['keep-alive', 'timeout=5'],
  [':path', '/elsewhere/'],
  ['x bad name', 'value'],
])('a call that cannot even begin, for its header %s, is a failed attempt and no crash', async ([name, value]) => {
  const server = await startServer((stream) => accept(stream))
  const { delivery, createSpans } = startDelivery([
    destination(server.port, { headers: { [name!]: value! }, timeoutMillis: 200 }),
  ])
  createSpans(3)
  await delivery.forceFlush({ timeoutMillis: 600 })
  assertBalanced(delivery.health())
  // later than the deadline of the attempt, where a timer of the failed call would throw
  await new Promise((resolve) => setTimeout(resolve, 300))
  await delivery.shutdown({ timeoutMillis: 100 })
  expect(assertBalanced(delivery.health()).queued).toBe(0)
})

/** Sockets to a port that a process still holds; a server of Node keeps its own end open after GOAWAY. */
function openSocketsTo(port: number): number {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/self/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[2]?.endsWith(remote) && fields[9] !== '0').length
}

test('a server that sends GOAWAY in the middle of each call keeps no connection', async () => {
  const server = await startServer((stream) => {
    stream.session!.goaway(constants.NGHTTP2_NO_ERROR)
    accept(stream)
  })
  const { delivery, createSpans } = startDelivery([destination(server.port)])
  for (let round = 0; round < 25; round++) {
    createSpans(1)
    await delivery.forceFlush()
  }
  expect(assertBalanced(delivery.health()).delivered).toBe(25)
  await until(() => openSocketsTo(server.port) === 0)
  await delivery.shutdown()
})

test('a server that says GOAWAY and never answers keeps no connection either', async () => {
  const server = await startServer((stream, call) => {
    stream.session!.goaway(constants.NGHTTP2_NO_ERROR)
    if (call >= 3) accept(stream)
  })
  const { delivery, createSpans } = startDelivery([destination(server.port, { timeoutMillis: 200 })])
  createSpans(1)
  for (let round = 0; round < 4; round++) await delivery.forceFlush({ timeoutMillis: 2500 })
  expect(assertBalanced(delivery.health()).delivered).toBe(1)
  await until(() => openSocketsTo(server.port) === 0)
  await delivery.shutdown()
})

test.for([
  ['refuses the stream', (stream: ServerHttp2Stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM)],
  [
    'is going away and takes no stream',
    (stream: ServerHttp2Stream) => {
      stream.session!.goaway(constants.NGHTTP2_NO_ERROR, 0)
      stream.session!.destroy()
    },
  ],
] as const)('a server that %s is asked again within a second', async ([, refuse]) => {
  const server = await startServer((stream, call) => (call === 0 ? refuse(stream) : accept(stream)))
  const { delivery, createSpans } = startDelivery([destination(server.port)])
  createSpans(2)
  await delivery.forceFlush()
  expect(server.calls()).toBe(2)
  expect(assertBalanced(delivery.health()).delivered).toBe(2)
  await delivery.shutdown()
})

test.for(['ENHANCE_YOUR_CALM', 'INTERNAL_ERROR', 'CANCEL'] as const)(
  'a stream reset with %s is tried again',
  async (code) => {
    const server = await startServer((stream, call) =>
      call === 0 ? stream.close(constants[`NGHTTP2_${code}`]) : accept(stream),
    )
    const { delivery, createSpans } = startDelivery([destination(server.port)])
    createSpans(2)
    await delivery.forceFlush()
    expect(assertBalanced(delivery.health())).toMatchObject({ delivered: 2, dropped: 0 })
    await delivery.shutdown()
  },
)

test('a connection that has died in silence is noticed by a ping, long before the deadline', async () => {
  const server = await startServer((stream) => accept(stream))
  let isSilent = false
  const sockets: Socket[] = []
  const port = await listen(
    createTcpServer((socket) => {
      const isDead = isSilent
      const onward = connect(server.port, '127.0.0.1')
      sockets.push(socket, onward)
      socket.on('error', () => {})
      onward.on('error', () => {})
      socket.on('data', (data) => void ((!isSilent || isDead) && onward.write(data)))
      onward.on('data', (data) => void ((!isSilent || isDead) && socket.write(data)))
    }),
  )
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
  })
  const sender = createGrpcSender(destination(port), { afterMillis: 100, timeoutMillis: 300 })
  closers.push(() => sender.close())
  const message = { body: Buffer.alloc(0), encoding: 'none' } as const
  expect(await sender.send(message, 30_000)).toMatchObject({ kind: 'accepted' })
  isSilent = true
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await sender.send(message, 30_000)).toMatchObject({
    kind: 'retryable',
    reason: 'connection lost: the server does not answer',
  })
  // connections made from now on work
  expect(await sender.send(message, 30_000)).toMatchObject({ kind: 'accepted' })
})

test.for<[string, (stream: ServerHttp2Stream) => void, RegExp]>([
  [
    'a web page',
    (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/html' })
      stream.end('<html>')
    },
    /answered 200 with text\/html: this is not a gRPC back end/,
  ],
  [
    'no token',
    (stream) => accept(stream, { 'grpc-status': '16', 'grpc-message': 'no%20token' }),
    /UNAUTHENTICATED \(is the token of the DSN right\?\): no token/,
  ],
  ['a status that is none', (stream) => accept(stream, { 'grpc-status': 'many' }), /answered code many/],
  ['404 without gRPC', (stream) => void stream.respond({ ':status': 404 }, { endStream: true }), /answered 404/],
])('%s is told as what it is, and counted', async ([, answer, line]) => {
  const server = await startServer((stream) => answer(stream))
  const { delivery, createSpans } = startDelivery([destination(server.port)])
  createSpans(3)
  await delivery.forceFlush()
  expect(delivery.health().signals.traces?.dropped).toEqual({ rejected: 3 })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(line)
  await delivery.shutdown()
})

test('a server of HTTP/1 is told as such and the items wait', async () => {
  const port = await listen(createHttpServer())
  const { delivery, createSpans } = startDelivery([destination(port, { timeoutMillis: 1000 })])
  createSpans(1)
  await until(() => lines.length > 0, 15_000)
  expect(lines[0]).toMatch(/does not speak HTTP\/2|connection reset/)
  await delivery.shutdown({ timeoutMillis: 100 })
  assertBalanced(delivery.health())
})

test('twenty requests at once share one connection', async () => {
  const server = await startServer((stream) => void setTimeout(() => accept(stream), 20))
  const sender = createGrpcSender(destination(server.port))
  closers.push(() => sender.close())
  const message = { body: Buffer.alloc(100), encoding: 'none' } as const
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => sender.send(message, 5000)))
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['accepted']))
  expect(server.sessions.size).toBe(1)
  sender.close()
  await until(() => server.sessions.size === 0)
})

test('a call that nobody answers does not hold the process', async () => {
  const server = await startServer(() => {})
  const program = `
    import { createGrpcSender } from ${JSON.stringify(path.join(import.meta.dirname, '../../../src/delivery/send/grpc.ts'))}
    const sender = createGrpcSender(${JSON.stringify(destination(server.port))})
    void sender.send({ body: Buffer.alloc(0), encoding: 'none' }, 60_000)
    setTimeout(() => {}, 300)`
  const start = performance.now()
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(0)
  expect(performance.now() - start).toBeLessThan(20_000)
  expect(server.calls()).toBe(1)
})

test.for(['process.exit(3)', 'throw new Error("nobody catches me")', 'process.exitCode = 3'])(
  'what is left is sent over gRPC when the process ends by %s',
  async (ending) => {
    const server = await startServer((stream) => accept(stream))
    const support = JSON.stringify(path.join(import.meta.dirname, '../support.ts'))
    const program = `
      import { startDelivery } from ${support}
      const { createSpans } = startDelivery([${JSON.stringify(destination(server.port))}], { exitFlush: true, exitTimeoutMillis: 10_000 })
      createSpans(3000)
      ${ending}`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (chunk) => (stderr += chunk))
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(ending.startsWith('throw') ? 1 : 3)
    expect(server.calls()).toBeGreaterThanOrEqual(1)
    expect(stderr).not.toContain('uptrace:')
  },
)
