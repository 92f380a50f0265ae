/** Memory: of an idle process, of a thousand requests in flight, and after a million requests. `npm run bench:memory` */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ARMS, OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { startLoadGenerator } from './load.ts'
import { type Program, startProgram } from './program.ts'
import { type Sink, startSink } from './sink.ts'
import { table } from './tables.ts'

const IN_FLIGHT = 1_000
const WARMUP = Number(process.env.MEMORY_WARMUP ?? 100_000)
const REQUESTS = Number(process.env.MEMORY_REQUESTS ?? 1_000_000)
const COMPARED = (process.env.ARMS ?? `none,${OURS},opentelemetry`).split(',')
/** Only ours is run for long: the others are not ours to judge. */
const LEAK_LIMIT = 1.05

const sink = await startSink()
const rows: string[][] = []
for (const arm of COMPARED) {
  const reason = prepareArm(arm)
  if (reason) rows.push([ARMS[arm]!.title, reason])
  else rows.push([ARMS[arm]!.title, ...(await measureHeld(arm, sink))])
}
console.log(table(['arm', 'idle RSS MB', 'idle heap MB', 'heap KB a request in flight'], rows))
const hasLeak = await measureLeak(sink)
sink.stop()
process.exitCode = hasLeak ? 1 : 0

async function measureHeld(arm: string, { port }: Sink): Promise<string[]> {
  const program = await startProgram('hold', arm, port, ['--expose-gc'])
  try {
    await sleep(2_000)
    const idle = await program.usage('gc')
    const sockets = await Promise.all(Array.from({ length: IN_FLIGHT }, () => ask(program, '/held')))
    await sleep(1_500)
    const held = await program.usage('gc')
    for (const socket of sockets) socket.destroy()
    const kilobytes = (held.heapUsed - idle.heapUsed) / 1_000 / IN_FLIGHT
    return [(idle.rss / 1e6).toFixed(1), (idle.heapUsed / 1e6).toFixed(1), kilobytes.toFixed(2)]
  } finally {
    await program.stop()
  }
}

/** Heap after garbage collection, before and after the long load. */
async function measureLeak({ port }: Sink): Promise<boolean> {
  const program = await startProgram('express', OURS, port, ['--expose-gc'])
  const generator = startLoadGenerator()
  try {
    await generator.apply({ port: program.port, connections: 32, requests: WARMUP })
    const before = await settled(program)
    await generator.apply({ port: program.port, connections: 32, requests: REQUESTS, limitSeconds: 1_800 })
    const after = await settled(program)
    const ratio = after / before
    console.log(
      `${ratio <= LEAK_LIMIT ? 'ok  ' : 'FAIL'} heap after ${WARMUP} requests ${(before / 1e6).toFixed(2)} MB, after ${REQUESTS} more ${(after / 1e6).toFixed(2)} MB: ${ratio.toFixed(3)} (limit ${LEAK_LIMIT})`,
    )
    return ratio > LEAK_LIMIT
  } finally {
    generator.stop()
    await program.stop()
  }
}

/** What was queued has been sent by then. */
async function settled(program: Program): Promise<number> {
  await sleep(3_000)
  await program.usage('gc')
  await sleep(500)
  return (await program.usage('gc')).heapUsed
}

async function ask(program: Program, path: string): Promise<Socket> {
  const socket = connect(program.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nhost: bench\r\n\r\n`)
  return socket
}
