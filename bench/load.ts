/** The load generator, a process of its own: keep-alive connections, raw sockets, either as fast as answers come or at a fixed rate. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly connections: number
  readonly requests: number
  /** Requests a second, whether or not earlier ones were answered; without it each connection asks again at once. */
  readonly rate?: number
  /** Ends the load early, for an arm that is slow. */
  readonly limitSeconds?: number
}

export interface LoadResult {
  readonly p50Micros: number
  readonly p99Micros: number
  readonly seconds: number
  readonly failed: number
}

/** A running generator, for one load after another: a new one would be slow at first, and what it asks would wait for it. */
export interface LoadGenerator {
  /** Runs one load and returns what the clients saw. */
  apply(load: Load): Promise<LoadResult>
  stop(): void
}

export function startLoadGenerator(): LoadGenerator {
  const child = fork(import.meta.filename, ['load'])
  const ended = once(child, 'exit').then(() => {
    throw new Error('the load generator ended without a result')
  })
  ended.catch(() => undefined)
  return {
    async apply(load) {
      child.send(load)
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as [LoadResult | Failure]
      if ('error' in answer) throw new Error(answer.error)
      return answer
    },
    stop: () => void child.kill(),
  }
}

interface Failure {
  readonly error: string
}

interface Client {
  ask(path: string, started: number): void
  close(): void
}

async function run({ port, connections, requests, rate, limitSeconds = 600 }: Load): Promise<LoadResult> {
  const latencies = new Float64Array(requests)
  let asked = 0
  let answered = 0
  let failed = 0
  const begin = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const idle: Client[] = []
  const late: number[] = []
  const askNext = (client: Client, started: number): void => client.ask(`/users/${asked++ % 1_000}`, started)
  const onAnswer = (client: Client, started: number, status: string): void => {
    latencies[answered++] = (performance.now() - started) * 1_000
    if (status !== '200') failed++
    if (answered === requests) resolve()
    // a request that had to wait for a free connection is timed from when it was due
    if (rate === undefined) {
      if (asked < requests) askNext(client, performance.now())
    } else if (late.length > 0) askNext(client, late.shift()!)
    else idle.push(client)
  }
  const clients = await Promise.all(Array.from({ length: connections }, () => open(port, onAnswer, reject)))
  let isOver = false
  if (rate === undefined) {
    for (const client of clients) askNext(client, performance.now())
    stayAwakeUntil(() => isOver)
  } else {
    idle.push(...clients)
    let due = 0
    const start = performance.now()
    const timer = setInterval(() => {
      for (; due < requests && due < ((performance.now() - start) * rate) / 1_000; due++) {
        const client = idle.pop()
        if (client) askNext(client, performance.now())
        else late.push(performance.now())
      }
      if (due === requests || isOver) clearInterval(timer)
    }, 1)
  }
  const limit = setTimeout(resolve, limitSeconds * 1_000)
  try {
    await promise
  } finally {
    isOver = true
    clearTimeout(limit)
    for (const client of clients) client.close()
  }
  latencies.sort()
  return {
    p50Micros: latencies[Math.floor(requests * 0.5)]!,
    p99Micros: latencies[Math.floor(requests * 0.99)]!,
    seconds: (performance.now() - begin) / 1_000,
    failed,
  }
}

/** A generator that slept would have to be woken, which costs the program that answers it up to a tenth of a request. */
function stayAwakeUntil(isOver: () => boolean): void {
  if (!isOver()) setImmediate(stayAwakeUntil, isOver)
}

/** One connection with one request at a time; every answer of the programs has a content-length. */
async function open(
  port: number,
  onAnswer: (client: Client, started: number, status: string) => void,
  onFailure: (error: Error) => void,
): Promise<Client> {
  const socket: Socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  await once(socket, 'connect')
  let started = 0
  let received = ''
  const client: Client = {
    ask(path, at) {
      started = at
      socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: bench/1.0\r\naccept: */*\r\n\r\n`)
    },
    close: () => void socket.destroy(),
  }
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    const end = received.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1])
    if (Number.isNaN(length)) {
      onFailure(new Error(`an answer without content-length: ${received}`))
      return
    }
    if (received.length < end + 4 + length) return
    const status = received.slice(9, 12)
    received = ''
    onAnswer(client, started, status)
  })
  socket.on('error', onFailure)
  // after the load is over nobody listens
  socket.on('close', () => onFailure(new Error('the program closed a connection')))
  return client
}

if (process.argv[2] === 'load') {
  process.on('message', async (load: Load) => {
    const answer = await run(load).catch((error: Error): Failure => ({ error: error.message }))
    process.send!(answer)
  })
  process.on('disconnect', () => process.exit())
}
