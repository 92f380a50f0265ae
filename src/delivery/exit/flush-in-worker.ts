/** Sends what is left while the process ends and no event loop turns any more: a Worker does it, the main thread waits for it. */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as WorkerThreads from 'node:worker_threads'
import type { Destination } from '../../config/destination.ts'
import { distFolder, isComplete } from '../../lazy.ts'
import type { DestinationQueue, QueuedRequest } from '../queue/destination-queue.ts'
import { threads } from '../threads/channel.ts'
import type { DropCounts } from '../types.ts'
import { inheritTrust, networkSettings } from './inherit-trust.ts'
import type { ExitNews, ExitWork } from './protocol.ts'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']
/** What the credentials of a signed request are found by. */
const AWS_VARIABLES = /^(AWS_\w+|HOME|USERPROFILE)$/

/** Hands every unsettled request of the queues to a Worker and waits for it, at most `timeoutMillis`. Settles what was answered. */
export function flushInWorker(queues: readonly DestinationQueue[], timeoutMillis: number): void {
  const work = queues.flatMap((queue, destination) =>
    queue.pending().map((request) => ({ queue, destination, request })),
  )
  // without its file the worker could only let the process wait
  if (work.length === 0 || timeoutMillis <= 0 || !isComplete()) return
  const { port1, port2 } = new (threads().MessageChannel)()
  const done = new SharedArrayBuffer(4)
  startWorker({
    destinations: queues.map((queue) => inheritTrust(queue.destination)),
    encodings: queues.map((queue) => queue.encoding),
    messages: work.map(({ destination, request }) => ({
      destination,
      body: request.body.bytes,
      encoding: request.encoding,
      count: request.count,
    })),
    network: networkSettings(),
    timeoutMillis,
    done,
    port: port2,
  })
  Atomics.wait(new Int32Array(done), 0, 0, timeoutMillis)
  apply(queues, work, readNews(port1))
}

function readNews(port: WorkerThreads.MessagePort): ExitNews[] {
  const news: ExitNews[] = []
  for (;;) {
    const received = threads().receiveMessageOnPort(port) as { message: ExitNews } | undefined
    if (!received) break
    news.push(received.message)
  }
  port.close()
  return news
}

interface Work {
  readonly queue: DestinationQueue
  readonly request: QueuedRequest
}

function apply(queues: readonly DestinationQueue[], work: readonly Work[], allNews: readonly ExitNews[]): void {
  const results = new Map<number, { delivered: number; dropped: DropCounts }>()
  for (const news of allNews) {
    if (news.kind === 'finished') {
      const result = results.get(news.message) ?? { delivered: 0, dropped: {} }
      results.set(news.message, result)
      result.delivered += news.delivered
      for (const [reason, count] of Object.entries(news.dropped) as [keyof DropCounts, number][])
        result.dropped[reason] = (result.dropped[reason] ?? 0) + count
      continue
    }
    const queue = queues[news.destination]!
    if (news.kind === 'partial') queue.reporter.partial(news.what, news.message)
    else {
      queue.lastError = news.reason
      if (news.kind === 'refused') queue.reporter.refused(news.what, news.reason)
    }
  }
  for (const [message, { delivered, dropped }] of results) {
    const { queue, request } = work[message]!
    queue.settle(request, delivered, dropped)
  }
}

/** The worker gets none of the process's flags: a preload must not instrument it. */
function startWorker(workerData: ExitWork): void {
  const isBundled = typeof UPTRACE_NODE_BUNDLED !== 'undefined'
  const file = isBundled
    ? path.join(distFolder(), 'exit-worker.cjs')
    : fileURLToPath(new URL('./worker.ts', import.meta.url))
  const worker = new (threads().Worker)(file, {
    workerData,
    transferList: [workerData.port],
    execArgv: [],
    env: environmentFor(workerData.destinations),
    stdin: false,
    stdout: true,
    stderr: true,
  })
  worker.on('error', () => {})
  worker.unref()
}

function environmentFor(destinations: readonly Destination[]): Record<string, string> {
  const isSigned = destinations.some(({ signing }) => signing !== undefined)
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && (PROXY_VARIABLES.includes(name.toLowerCase()) || (isSigned && AWS_VARIABLES.test(name))))
      env[name] = value
  return env
}
