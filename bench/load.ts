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

/** Runs one load and returns what the clients saw. */
export async function applyLoad(load: Load): Promise<LoadResult> {
  const child = fork(import.meta.filename, ['load'])
  child.send(load)
  const ended = once(child, 'exit').then(() => {
    throw new Error('the load generator ended without a result')
  })
  ended.catch(() => undefined)
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [LoadResult]
  return result
}

interface Client {
  ask(path: string, started: number): void
}

async function run({ port, connections, requests, rate, limitSeconds = 600 }: Load): Promise<LoadResult> {
  const latencies = new Float64Array(requests)
  let asked = 0
  let answered = 0
  let failed = 0
  const begin = performance.now()
  const { promise, resolve } = Promise.withResolvers<void>()
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
  const clients = await Promise.all(Array.from({ length: connections }, () => open(port, onAnswer)))
  if (rate === undefined) {
    for (const client of clients) askNext(client, performance.now())
    stayAwake()
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
      if (due === requests) clearInterval(timer)
    }, 1)
  }
  const timer = setTimeout(resolve, limitSeconds * 1_000)
  await promise
  clearTimeout(timer)
  latencies.sort()
  return {
    p50Micros: latencies[Math.floor(requests * 0.5)]!,
    p99Micros: latencies[Math.floor(requests * 0.99)]!,
    seconds: (performance.now() - begin) / 1_000,
    failed,
  }
}

/** A generator that slept would have to be woken, which costs the program that answers it up to a tenth of a request. */
function stayAwake(): void {
  setImmediate(stayAwake)
}

/** One connection with one request at a time; every answer of the programs has a content-length. */
async function open(
  port: number,
  onAnswer: (client: Client, started: number, status: string) => void,
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
  }
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    const end = received.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1])
    if (Number.isNaN(length)) throw new Error(`an answer without content-length: ${received}`)
    if (received.length < end + 4 + length) return
    const status = received.slice(9, 12)
    received = ''
    onAnswer(client, started, status)
  })
  socket.on('close', () => {
    throw new Error('the program closed a connection')
  })
  return client
}

if (process.argv[2] === 'load') {
  const [load] = (await once(process, 'message')) as [Load]
  const result = await run(load)
  process.send!(result, () => process.exit())
}
