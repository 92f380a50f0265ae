/** Sends what is left while the process ends and no event loop turns any more: a Worker does it, the main thread waits for it. */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as WorkerThreads from 'node:worker_threads'
import { distFolder, isComplete } from '../../lazy.ts'
import type { DestinationQueue, QueuedRequest } from '../queue/destination-queue.ts'
import { ACCEPTED, createResults, type ExitWork, PENDING, stateSlot } from './protocol.ts'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']

/** Hands every unsettled request of the queues to a Worker and waits for it, at most `timeoutMillis`. Settles what was answered. */
export function flushInWorker(queues: readonly DestinationQueue[], timeoutMillis: number): void {
  const work = queues.flatMap((queue, destination) =>
    queue.pending().map((request) => ({ queue, destination, request })),
  )
  // without its file the worker could only let the process wait
  if (work.length === 0 || timeoutMillis <= 0 || !isComplete()) return
  const results = createResults(work.length)
  const data: ExitWork = {
    destinations: queues.map((queue) => queue.destination),
    messages: work.map(({ destination, request }) => ({
      destination,
      body: request.body.bytes,
      encoding: request.encoding,
    })),
    timeoutMillis,
    results,
  }
  const slots = new Int32Array(results)
  startWorker(data)
  Atomics.wait(slots, 0, 0, timeoutMillis)
  for (const [index, { queue, request }] of work.entries()) settle(queue, request, slots, index)
}

function settle(queue: DestinationQueue, request: QueuedRequest, slots: Int32Array, index: number): void {
  const state = Atomics.load(slots, stateSlot(index))
  if (state === PENDING) return
  const refused = Math.min(Atomics.load(slots, stateSlot(index) + 1), request.count)
  if (state === ACCEPTED) queue.settle(request, request.count - refused, { partial_success: refused })
  else queue.settle(request, 0, { rejected: request.count })
}

/** The worker gets none of the process's flags: a preload must not instrument it. */
function startWorker(workerData: ExitWork): void {
  const { Worker } = process.getBuiltinModule('node:worker_threads') as typeof WorkerThreads
  const isBundled = typeof UPTRACE_NODE_BUNDLED !== 'undefined'
  const file = isBundled
    ? path.join(distFolder(), 'exit-worker.cjs')
    : fileURLToPath(new URL('./worker.ts', import.meta.url))
  const worker = new Worker(file, {
    workerData,
    execArgv: [],
    env: proxyEnvironment(),
    stdin: false,
    stdout: true,
    stderr: true,
  })
  worker.on('error', () => {})
  worker.unref()
}

function proxyEnvironment(): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && PROXY_VARIABLES.includes(name.toLowerCase())) env[name] = value
  return env
}
