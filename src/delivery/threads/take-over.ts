/** In the main thread: takes what worker threads have recorded, and sends it as if it were its own. */

import type { BroadcastChannel, Worker } from 'node:worker_threads'
import type { Resource } from '@opentelemetry/resources'
import { SIGNALS } from '../../config/destination.ts'
import { unlistenToProcess } from '../../process-events.ts'
import { threads } from '../../threads.ts'
import { clearInterval, performance, setInterval } from '../../timers.ts'
import { VERSION } from '../../version.ts'
import type { Originated } from '../intake/batcher.ts'
import type { Pipeline } from '../queue/signal-queue.ts'
import type { RunUntraced } from '../run-untraced.ts'
import type { DeliverySettings } from '../types.ts'
import { addressesOf, ENVIRONMENT_KEY, type MainDelivery, type SharedSection, type ThreadNews } from './channel.ts'
import { createFrameReader, type Frame, type FrameReader, REQUEST } from './shared-memory.ts'

const POLL_MILLIS = 200
/** Reading never blocks the loop longer than this, but at the end of the process. */
const SLICE_MILLIS = 5

export interface TakeOverOptions {
  readonly options: DeliverySettings
  readonly runUntraced: RunUntraced
  readonly pipelineOf: (signal: (typeof SIGNALS)[number]) => Pipeline | undefined
  readonly flush: (timeoutMillis: number) => Promise<void>
  /** Something may come at any time from here on. */
  readonly onThread: () => void
}

export interface TakeOver {
  /** Takes all there is now. */
  drain(): void
  /** Whether there are threads that may have something. */
  readonly hasThreads: boolean
  /** Takes nothing more: from here on threads send by themselves. */
  stop(): void
}

interface Thread {
  readonly readers: FrameReader[]
  readonly sections: Map<number, Originated>
}

/** Threads that start from here on find it. Nothing else happens until the first of them does. */
export function takeOverFromThreads({ options, runUntraced, pipelineOf, flush, onThread }: TakeOverOptions): TakeOver {
  const { setEnvironmentData, BroadcastChannel, receiveMessageOnPort } = threads()
  const isOpen = new SharedArrayBuffer(4)
  const name = `uptrace-node:${process.pid}:${Math.random()}`
  const main: MainDelivery = {
    version: VERSION,
    channel: name,
    isOpen,
    addresses: addressesOf(options.destinations),
  }
  const known = new Map<number, Thread>()
  let channel: BroadcastChannel | undefined
  let timer: NodeJS.Timeout | undefined
  Atomics.store(new Int32Array(isOpen), 0, 1)
  setEnvironmentData(ENVIRONMENT_KEY, main as never)
  process.on('worker', onWorker)

  return {
    drain: () => drain(),
    get hasThreads() {
      return known.size > 0
    },
    stop() {
      Atomics.store(new Int32Array(isOpen), 0, 0)
      drain()
      setEnvironmentData(ENVIRONMENT_KEY, undefined as never)
      unlistenToProcess('worker', onWorker)
      clearInterval(timer)
      channel?.close()
      channel = undefined
      known.clear()
    },
  }

  function onWorker(worker: Worker): void {
    const { threadId } = worker
    openChannel()
    worker.once('exit', () => {
      drain()
      known.delete(threadId)
      if (known.size > 0) return
      clearInterval(timer)
      timer = undefined
    })
  }

  function openChannel(): void {
    if (channel) return
    channel = runUntraced(() => new BroadcastChannel(name))
    channel.onmessage = (event) => hear((event as { data: ThreadNews }).data)
    // after the listener, which holds the process
    channel.unref()
  }

  function hear(news: ThreadNews): void {
    if (news.kind === 'chunk') addChunk(news.thread, news.memory)
    else if (news.kind === 'section') threadOf(news.thread).sections.set(news.id, originOf(news.section))
    else if (news.kind === 'flush') void answer(news)
  }

  async function answer({ thread, id, timeoutMillis }: ThreadNews & { kind: 'flush' }): Promise<void> {
    // what the thread has recorded last is not read yet
    drain()
    await flush(timeoutMillis)
    channel?.postMessage({ kind: 'flushed', thread, id } satisfies ThreadNews)
  }

  function threadOf(id: number): Thread {
    const thread = known.get(id) ?? { readers: [], sections: new Map() }
    known.set(id, thread)
    return thread
  }

  function addChunk(id: number, memory: SharedArrayBuffer): void {
    const { readers } = threadOf(id)
    if (readers.some((reader) => reader.memory === memory)) return
    readers.push(createFrameReader(memory))
    onThread()
    timer ??= runUntraced(() => setInterval(() => drain(SLICE_MILLIS), POLL_MILLIS).unref())
  }

  function drain(limitMillis = Number.POSITIVE_INFINITY): void {
    if (!channel) return
    const end = performance.now() + limitMillis
    const isLate = (): boolean => performance.now() > end
    hearAll()
    for (const thread of known.values())
      for (const reader of thread.readers) if (!reader.read((frame) => take(thread, frame), isLate)) return
  }

  /** Reads the messages of threads that no listener has got yet; the event loop need not turn for it. */
  function hearAll(): void {
    for (;;) {
      const received = receiveMessageOnPort(channel as never) as { message: ThreadNews } | undefined
      if (!received) return
      hear(received.message)
    }
  }

  function take(thread: Thread, { kind, signal, number, bytes }: Frame): void {
    const pipeline = pipelineOf(SIGNALS[signal]!)
    if (!pipeline) return
    if (kind === REQUEST) {
      pipeline.created += number
      // memory of its own, not of Node's pool: the queue uses it again
      const request = Buffer.allocUnsafeSlow(bytes.length)
      request.set(bytes)
      pipeline.accept(request, number)
      return
    }
    // the thread has said it before it wrote the first item of the section
    if (!thread.sections.has(number)) hearAll()
    const origin = thread.sections.get(number)
    if (origin) pipeline.takeEncoded?.(origin, bytes)
  }

  function originOf({ attributes, schemaUrl, isPending, scope }: SharedSection): Originated {
    return {
      resource: createResource(attributes, schemaUrl, isPending ? options.resource : undefined),
      instrumentationScope: scope,
    }
  }
}

/** The resource of another thread; attributes that the thread had not detected yet come from the resource of this one. */
function createResource(
  attributes: Record<string, unknown>,
  schemaUrl: string | undefined,
  rest: Resource | undefined,
): Resource {
  const own = Object.entries(attributes)
  return {
    schemaUrl,
    get asyncAttributesPending() {
      return rest?.asyncAttributesPending ?? false
    },
    get attributes() {
      return { ...(rest?.asyncAttributesPending ? {} : rest?.attributes), ...attributes }
    },
    getRawAttributes: () => [...own, ...(rest?.getRawAttributes() ?? [])],
  } as Resource
}
