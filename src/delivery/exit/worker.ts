/** A program of its own: sends what the ending process could not send, while that process waits. */
import { workerData } from 'node:worker_threads'
import { createSender } from '../send/create-sender.ts'
import type { Sender } from '../send/sender.ts'
import { ACCEPTED, type ExitWork, REFUSED, stateSlot } from './protocol.ts'

const CONCURRENCY = 4
const TRIES = 3
const PAUSE_MILLIS = 100

const { destinations, messages, timeoutMillis, results } = workerData as ExitWork
const slots = new Int32Array(results)
const deadline = performance.now() + timeoutMillis
const remaining = (): number => Math.max(1, deadline - performance.now())

// sockets and timers of a sender do not keep a thread alive
const alive = setTimeout(() => {}, timeoutMillis)
void Promise.allSettled(destinations.map((destination, index) => sendAll(createSender(destination), index))).then(
  () => {
    Atomics.store(slots, 0, 1)
    Atomics.notify(slots, 0)
    clearTimeout(alive)
  },
)

/** Once one message has failed for good, the destination is taken for dead. */
async function sendAll(sender: Sender, destination: number): Promise<void> {
  const queue = messages.flatMap((message, index) => (message.destination === destination ? [index] : []))
  let isDead = false
  const work = async (): Promise<void> => {
    while (queue.length > 0 && !isDead) if (!(await sendOne(sender, queue.shift()!))) isDead = true
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
}

async function sendOne(sender: Sender, index: number): Promise<boolean> {
  const { body, encoding } = messages[index]!
  const message = { body: Buffer.from(body.buffer, body.byteOffset, body.byteLength), encoding }
  for (let tries = 0; tries < TRIES && performance.now() < deadline; tries++) {
    const outcome = await sender.send(message, remaining())
    if (outcome.kind === 'accepted') {
      Atomics.store(slots, stateSlot(index) + 1, outcome.rejected)
      Atomics.store(slots, stateSlot(index), ACCEPTED)
      return true
    }
    if (outcome.kind !== 'retryable' && outcome.kind !== 'stale') {
      Atomics.store(slots, stateSlot(index), REFUSED)
      return true
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(remaining(), PAUSE_MILLIS * (tries + 1))))
  }
  return false
}
