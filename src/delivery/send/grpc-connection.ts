/** One HTTP/2 connection for gRPC calls: it notices when it is dead, ends with its last call once it is told to go, and never holds the process. */
// type-only imports: loading node:http2 here would run before it can be instrumented

import type * as Http2 from 'node:http2'
import type { Socket } from 'node:net'
import { clearTimeout, performance, setTimeout } from '../../timers.ts'
import type { CallEnd } from './grpc-answer.ts'
import { ANSWER_LIMIT_BYTES } from './limits.ts'
import { connectionOutcome, type Outcome, retryable } from './outcome.ts'

const CANCEL = 8
const REFUSED_STREAM = 7

export interface GrpcConnection {
  /** Whether further calls may begin. */
  readonly isUsable: boolean
  /** One call; never rejects. @param timeoutMillis 0 means without limit */
  call(headers: Http2.OutgoingHttpHeaders, body: Buffer, timeoutMillis: number): Promise<CallEnd | Outcome>
  /** Ends calls under way. */
  close(): void
}

/** When a peer is asked whether it is still there. */
export interface Keepalive {
  /** Before the first call after so long a silence, and when an answer takes so long. */
  readonly afterMillis: number
  /** A peer that has not answered by then is gone. */
  readonly timeoutMillis: number
}

/** @param socket what the session runs on */
export function createGrpcConnection(
  session: Http2.ClientHttp2Session,
  socket: Socket,
  keepalive: Keepalive,
): GrpcConnection {
  const calls = new Set<(outcome: Outcome) => void>()
  let isUsable = true
  let isPinging = false
  let lastHeard = performance.now()
  let failure: Outcome = retryable('connection closed')
  session.unref()
  session.on('error', (error) => {
    failure = connectionOutcome(error)
  })
  // servers tell a connection to go now and then: what is under way may end, nothing new may begin
  session.on('goaway', retire)
  session.on('close', () => {
    isUsable = false
    for (const fail of [...calls]) fail(failure)
  })
  return {
    get isUsable() {
      return isUsable && !session.closed && !session.destroyed
    },
    call,
    close: () => {
      isUsable = false
      disconnect()
    },
  }

  function retire(): void {
    isUsable = false
    if (calls.size === 0) disconnect()
  }

  /** A session that was told to go leaves its half of the socket open until the server closes the other, which some never do. */
  function disconnect(): void {
    session.destroy()
    socket.destroySoon()
  }

  function call(headers: Http2.OutgoingHttpHeaders, body: Buffer, timeoutMillis: number): Promise<CallEnd | Outcome> {
    return new Promise((resolve) => {
      let stream: Http2.ClientHttp2Stream
      try {
        stream = session.request(headers)
      } catch (error) {
        // nothing was sent; a session that goes away refuses new calls this way
        resolve(isUsable && !session.closed && !session.destroyed ? connectionOutcome(error) : { kind: 'stale' })
        return
      }
      const timers = [deadlineTimer(timeoutMillis, finish), keepaliveTimer()]
      calls.add(finish)
      if (performance.now() - lastHeard > keepalive.afterMillis) ping()
      follow(stream, finish)
      stream.end(body)

      function finish(end: CallEnd | Outcome): void {
        if (!calls.delete(finish)) return
        for (const timer of timers) clearTimeout(timer)
        resolve(end)
        if (!stream.closed && !stream.destroyed) stream.close(CANCEL)
        if (!isUsable && calls.size === 0) disconnect()
      }
    })
  }

  function follow(stream: Http2.ClientHttp2Stream, finish: (end: CallEnd | Outcome) => void): void {
    let head: Http2.IncomingHttpHeaders = {}
    let trailers: Http2.IncomingHttpHeaders = {}
    const chunks: Buffer[] = []
    let size = 0
    stream.on('response', (headers) => {
      heard()
      head = headers
    })
    stream.on('trailers', (headers) => {
      trailers = headers
    })
    stream.on('data', (chunk: Buffer) => {
      heard()
      size += chunk.length
      if (size <= ANSWER_LIMIT_BYTES) chunks.push(chunk)
    })
    stream.on('error', (error) =>
      finish(stream.rstCode === REFUSED_STREAM ? { kind: 'stale' } : connectionOutcome(error)),
    )
    stream.on('close', () => {
      if (stream.rstCode === REFUSED_STREAM) finish({ kind: 'stale' })
      else if (session.destroyed && head[':status'] === undefined) finish(failure)
      else finish({ head, trailers, body: Buffer.concat(chunks) })
    })
  }

  function deadlineTimer(timeoutMillis: number, finish: (outcome: Outcome) => void): NodeJS.Timeout | undefined {
    if (timeoutMillis <= 0) return undefined
    return setTimeout(() => {
      finish(retryable(`no answer within ${timeoutMillis} ms`))
      // a connection that answers nothing may be dead without knowing
      retire()
    }, timeoutMillis).unref()
  }

  function keepaliveTimer(): NodeJS.Timeout {
    return setTimeout(ping, keepalive.afterMillis).unref()
  }

  function heard(): void {
    lastHeard = performance.now()
  }

  function ping(): void {
    if (isPinging || session.destroyed) return
    isPinging = true
    const timer = setTimeout(() => {
      failure = retryable('connection lost: the server does not answer')
      session.destroy()
      socket.destroy()
    }, keepalive.timeoutMillis).unref()
    session.ping((error) => {
      clearTimeout(timer)
      isPinging = false
      if (!error) heard()
    })
  }
}
