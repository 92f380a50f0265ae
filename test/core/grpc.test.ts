/** gRPC calls that cannot begin, and servers that go away in the middle of each call. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { until } from '../delivery/support.ts'
import { importsOf, linesOf, run } from './support.ts'

/** A server of node:http2, each call of which is answered as told. */
async function withServer<T>(
  onCall: (stream: ServerHttp2Stream, call: number) => void,
  use: (port: number, calls: () => number) => Promise<T>,
): Promise<T> {
  const sessions = new Set<ServerHttp2Session>()
  let calls = 0
  const server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {})
  })
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    onCall(stream, calls++)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    return await use((server.address() as AddressInfo).port, () => calls)
  } finally {
    for (const session of sessions) session.destroy()
    server.close()
  }
}

function accept(stream: ServerHttp2Stream): void {
  stream.resume()
  stream.on('end', () => {
    if (stream.destroyed) return
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.from([0, 0, 0, 0, 0]))
  })
}

describe.concurrent('C4', () => {
  test.for<[string, string]>([
    ['connection', 'keep-alive'],
    ['transfer-encoding', 'chunked'],
    ['keep-alive', 'timeout=5'],
    ['upgrade', 'h2c'],
  ])('C4 · a header %s: %s that no gRPC call may have does not end the program', ([name, value]) =>
    withServer(accept, async (port) => {
      const source = `${importsOf('cjs')}
        try { configureOpentelemetry({ endpoint: 'http://127.0.0.1:${port}', protocol: 'grpc', headers: { '${name}': '${value}' }, timeoutMillis: 300, metricsEnabled: false }) }
        catch (error) { console.log(error.name, /headers/.test(error.message)) }
        api.trace.getTracer('t').startSpan('s').end(); forceFlush()
        setTimeout(() => { console.log('alive'); process.exit() }, 1_000)`
      const { code, stdout, stderr } = await run('cjs', source)
      expect({ code, isAlive: stdout.endsWith('alive\n') }).toEqual({ code: 0, isAlive: true })
      expect(stderr).not.toMatch(/ReferenceError|TypeError/)
    }),
  )
})

/** Ends of sockets to this port which some process still holds. */
function openSocketsTo(port: number): number {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[2]?.endsWith(remote) && fields[9] !== '0').length
}

describe.concurrent('C5', () => {
  const goAway = (stream: ServerHttp2Stream): void => stream.session!.goaway(constants.NGHTTP2_NO_ERROR)
  test.for<[string, (stream: ServerHttp2Stream, call: number) => void]>([
    [
      'as the call begins',
      (stream) => {
        goAway(stream)
        accept(stream)
      },
    ],
    [
      'when all of the request is there',
      (stream) => {
        stream.once('end', () => goAway(stream))
        accept(stream)
      },
    ],
    [
      'in every second call, and names that call as its last',
      (stream, call) => {
        if (call % 2 === 0) stream.session!.goaway(constants.NGHTTP2_NO_ERROR, stream.id)
        accept(stream)
      },
    ],
  ])('C5 · a server that says GOAWAY %s keeps no session of ours', ([, onCall]) =>
    withServer(onCall, async (port) => {
      const source = `${importsOf('mjs')}
        configureOpentelemetry({ endpoint: 'http://127.0.0.1:${port}', protocol: 'grpc', metricsEnabled: false, loggingEnabled: false, logLevel: 'none' })
        for (let round = 0; round < 15; round++) { api.trace.getTracer('t').startSpan('s').end(); await forceFlush({ timeoutMillis: 1_000 }) }
        console.log('done'); setTimeout(() => process.exit(), 1_500)`
      let open = -1
      const result = await run('mjs', source, {
        onStart: (child) =>
          void until(() => child.stdout.includes('done'), 20_000)
            .then(() => new Promise((resolve) => setTimeout(resolve, 700)))
            .then(() => {
              open = openSocketsTo(port)
            }),
      })
      expect({ code: result.code, lines: linesOf(result) }).toEqual({ code: 0, lines: [] })
      expect(open).toBeGreaterThanOrEqual(0)
      expect(open).toBeLessThanOrEqual(1)
    }),
  )
})
