/** The receiver of all arms in a process of its own: OTLP, the Datadog agent, Sentry envelopes, Azure's track; counts what arrives. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EMPTY_TALLY, type Post, type Tally, tallyOf } from './sink-tally.ts'

/** A running sink, for one arm: `take` reads and clears its counters. */
export interface Sink {
  readonly port: number
  /** What arrived since the last call. */
  take(): Promise<Tally>
  stop(): void
}

/** @param delayMillis how long each answer takes */
export async function startSink(delayMillis = 0): Promise<Sink> {
  const child = fork(import.meta.filename, ['sink', String(delayMillis)])
  const ask = async <Answer>(question: string): Promise<Answer> => {
    const answer = once(child, 'message')
    child.send(question)
    return ((await answer) as [Answer])[0]
  }
  const [port] = (await once(child, 'message')) as [number]
  return { port, take: () => ask('take'), stop: () => void child.kill() }
}

/** Path -> JSON answer; all else is OTLP, to which an empty message is the answer. */
const REPLIES: readonly (readonly [RegExp, string])[] = [
  [/^\/info$/, '{"version":"7.60.0","endpoints":["/v0.4/traces","/v0.5/traces"]}'],
  [/^\/v0\.\d\//, '{"rate_by_service":{"service:,env:":1}}'],
  [/\/envelope\/$/, '{}'],
  [/\/track$/, '{"itemsReceived":1,"itemsAccepted":1,"errors":[]}'],
]

function serve(delayMillis: number): void {
  // bodies are kept and decoded on `take`: decoding during a measurement would take the CPU that is measured
  let posts: Post[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const path = request.url!.split('?', 1)[0]!
      if (request.method !== 'GET')
        posts.push({
          path,
          type: request.headers['content-type'] ?? '',
          encoding: request.headers['content-encoding'],
          body,
        })
      if (delayMillis > 0) setTimeout(answer, delayMillis, request, response, path)
      else answer(request, response, path)
    })
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
  process.on('message', () => {
    const taken = posts
    posts = []
    process.send!(taken.reduce(tallyOf, { ...EMPTY_TALLY, names: {} }))
  })
}

function answer(request: IncomingMessage, response: ServerResponse, path: string): void {
  const reply = REPLIES.find(([pattern]) => pattern.test(path))?.[1]
  const type = reply ? 'application/json' : (request.headers['content-type'] ?? 'application/x-protobuf')
  response.writeHead(200, { 'content-type': type }).end(reply ?? (type.includes('json') ? '{}' : ''))
}

if (process.argv[2] === 'sink') serve(Number(process.argv[3]))
