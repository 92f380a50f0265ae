/** Sends what is left while the process ends and no event loop turns any more: a Worker does it, the main thread waits for it. */
import { closeSync, openSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as WorkerThreads from 'node:worker_threads'
import type { Destination } from '../../config/destination.ts'
import { messageOf } from '../../errors.ts'
import { distFolder, isComplete } from '../../lazy.ts'
import { threads } from '../../threads.ts'
import { performance } from '../../timers.ts'
import type { DestinationQueue, QueuedRequest } from '../queue/destination-queue.ts'
import type { DropCounts } from '../types.ts'
import { inheritTrust, networkSettings } from './inherit-trust.ts'
import { type ExitNews, type ExitWork, STARTED } from './protocol.ts'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']
/** What the credentials of a signed request are found by. */
const AWS_VARIABLES = /^(AWS_\w+|HOME|USERPROFILE)$/

/** A thread that takes longer to start may never do so. */
const SLOW_START_MILLIS = 250
/** About as many files as a thread opens to start. */
const FILES_OF_THREAD = 5

/**
 * Hands every unsettled request of the queues to a Worker and waits for it, at most `timeoutMillis`. Settles what was answered.
 * @returns why there was no thread to send them, in words for the user
 */
export function flushInWorker(queues: readonly DestinationQueue[], timeoutMillis: number): string | undefined {
  const work = queues.flatMap((queue, destination) =>
    queue.pending().map((request) => ({ queue, destination, request })),
  )
  if (work.length === 0 || timeoutMillis <= 0) return undefined
  // without its file the worker could only let the process wait
  if (!isComplete()) return 'the files of this package are not there, so nothing can be sent at the end'
  const { port1, port2 } = new (threads().MessageChannel)()
  const progress = new SharedArrayBuffer(4)
  const exitWork: ExitWork = {
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
    progress,
    port: port2,
  }
  const end = performance.now() + timeoutMillis
  try {
    startWorker(exitWork)
    waitForStart(progress, timeoutMillis)
  } catch (error) {
    port1.close()
    return `no thread can be started to send at the end (${causeOf(error)})`
  }
  Atomics.wait(new Int32Array(progress), 0, STARTED, Math.max(0, end - performance.now()))
  apply(queues, work, readNews(port1))
  return undefined
}

/** A thread that fails to start tells so in a later turn of the event loop, and there is none. @throws why it does not start */
function waitForStart(progress: SharedArrayBuffer, timeoutMillis: number): void {
  const slot = new Int32Array(progress)
  const patience = Math.min(SLOW_START_MILLIS, timeoutMillis)
  if (Atomics.wait(slot, 0, 0, patience) !== 'timed-out') return
  openFiles(FILES_OF_THREAD)
  if (Atomics.wait(slot, 0, 0, timeoutMillis - patience) === 'timed-out')
    throw new Error(`it did not start within ${Math.round(timeoutMillis)} ms`)
}

/** @throws where the process may not open as many more */
function openFiles(count: number): void {
  const descriptor = openSync(workerFile(), 'r')
  try {
    if (count > 1) openFiles(count - 1)
  } finally {
    closeSync(descriptor)
  }
}

function causeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown }
  if (code === 'ERR_ACCESS_DENIED') return 'the permission model of Node.js denies it: --allow-worker allows it'
  return code === 'EMFILE' || code === 'ENFILE' ? `too many open files: ${code}` : messageOf(error)
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
  const worker = new (threads().Worker)(workerFile(), {
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

const workerFile = (): string =>
  typeof UPTRACE_NODE_BUNDLED === 'undefined'
    ? fileURLToPath(new URL('./worker.ts', import.meta.url))
    : path.join(distFolder(), 'exit-worker.cjs')

function environmentFor(destinations: readonly Destination[]): Record<string, string> {
  const isSigned = destinations.some(({ signing }) => signing !== undefined)
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && (PROXY_VARIABLES.includes(name.toLowerCase()) || (isSigned && AWS_VARIABLES.test(name))))
      env[name] = value
  return env
}
