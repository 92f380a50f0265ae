/** A program of its own: sends what the ending process could not send, while that process waits. It judges answers as the process would have. */
import dns from 'node:dns'
import net from 'node:net'
import { workerData } from 'node:worker_threads'
import { Batch, Body } from '../queue/batch.ts'
import { createBudget } from '../queue/budget.ts'
import { DestinationQueue } from '../queue/destination-queue.ts'
import type { Reporter } from '../reporter.ts'
import { createSender } from '../send/create-sender.ts'
import { DONE, type ExitNews, type ExitWork, type NetworkSettings, STARTED } from './protocol.ts'

const { destinations, encodings, messages, network, timeoutMillis, progress, port } = workerData as ExitWork
note(STARTED)
applyNetwork(network)

const budget = createBudget(Number.POSITIVE_INFINITY, () => [])
const messageOf = new Map<Batch, number>()
const queues = destinations.map(createQueue)
const settled = messages.map(({ destination, body, encoding, count }, index) => {
  const { signal } = destinations[destination]!
  const batch = new Batch(signal, count, () => {})
  messageOf.set(batch, index)
  const whenSettled = batch.whenSettled()
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  queues[destination]!.enqueue({ batch, body: new Body(bytes, budget), encoding, count })
  return whenSettled
})

// sockets and timers of a sender do not keep a thread alive
const alive = setTimeout(finish, timeoutMillis)
void Promise.all(settled).then(finish)

function createQueue(destination: ExitWork['destinations'][number], index: number): DestinationQueue {
  const queue = new DestinationQueue({
    destination,
    index,
    encoding: encodings[index]!,
    sender: createSender(destination),
    budget,
    reporter: createReporter(index),
    runUntraced: (run) => run(),
    observer: { attempted() {} },
    spool: () => undefined,
    onFinished(request, reason, refused) {
      const message = messageOf.get(request.batch)!
      const { count } = request
      if (reason !== undefined) tell({ kind: 'finished', message, delivered: 0, dropped: { [reason]: count } })
      else
        tell({
          kind: 'finished',
          message,
          delivered: count - refused,
          dropped: refused > 0 ? { partial_success: refused } : {},
        })
    },
    onEndingProgress,
  })
  queue.hasten()
  return queue
}

function createReporter(destination: number): Reporter {
  return {
    failing: (_, reason) => tell({ kind: 'failed', destination, reason }),
    refused: (what, reason) => tell({ kind: 'refused', destination, what, reason }),
    partial: (what, message) => tell({ kind: 'partial', destination, what, message }),
    delivering() {},
    dropped() {},
    tellDrops() {},
    hush() {},
  }
}

function onEndingProgress(): void {
  const waiting = queues.filter((queue) => queue.queued > 0)
  if (waiting.length > 0 && waiting.every((queue) => queue.isHopeless)) finish()
}

function note(state: number): void {
  const slot = new Int32Array(progress)
  Atomics.store(slot, 0, state)
  Atomics.notify(slot, 0)
}

function tell(news: ExitNews): void {
  port.postMessage(news)
}

function finish(): void {
  clearTimeout(alive)
  note(DONE)
  port.close()
  for (const queue of queues) queue.stop('not_in_time')
}

function applyNetwork(settings: NetworkSettings): void {
  net.setDefaultAutoSelectFamily(settings.autoSelectFamily)
  net.setDefaultAutoSelectFamilyAttemptTimeout(settings.autoSelectFamilyAttemptTimeout)
  dns.setDefaultResultOrder(settings.dnsResultOrder)
}
