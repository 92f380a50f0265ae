/**
 * In a worker thread: hands every item to the main thread the moment it is recorded. A thread that is parked sends nothing itself, and one that is
 * terminated runs no line of code any more.
 */

import type { BroadcastChannel } from 'node:worker_threads'
import type { Resource } from '@opentelemetry/resources'
import { type Destination, SIGNALS, type Signal } from '../../config/destination.ts'
import { threads } from '../../threads.ts'
import { clearTimeout, setTimeout } from '../../timers.ts'
import { VERSION } from '../../version.ts'
import { type Scope, settledAttributes } from '../../wire/encode-request.ts'
import { ProtobufWriter } from '../../wire/protobuf-writer.ts'
import type { Originated } from '../intake/batcher.ts'
import { addressesOf, ENVIRONMENT_KEY, type MainDelivery, type ThreadNews } from './channel.ts'
import { createFrameWriter, ITEM, REQUEST } from './shared-memory.ts'

const LIMIT_BYTES = 8 * 1024 * 1024
/** The main thread answers a little later than it gives up. */
const GRACE_MILLIS = 100

export interface HandOver {
  /** Whether the main thread sends this signal to the same places. It ceases to when it shuts down. */
  takes(signal: Signal): boolean
  /** @returns false when the main thread is so far behind that there is no room. @throws when the item cannot be read */
  item<Item extends Originated>(
    signal: Signal,
    item: Item,
    encode: (writer: ProtobufWriter, item: Item) => void,
  ): boolean
  request(signal: Signal, bytes: Uint8Array, count: number): boolean
  /** Has the main thread send everything, and waits for it. */
  flush(timeoutMillis: number, holds: boolean): Promise<void>
}

/** Undefined in the main thread, and where the main thread has no telemetry of this version. */
export function connectToMain(destinations: readonly Destination[], bufferLimitBytes: number): HandOver | undefined {
  const { getEnvironmentData, isMainThread, threadId: thread } = threads()
  if (isMainThread) return undefined
  const main = getEnvironmentData(ENVIRONMENT_KEY) as unknown as MainDelivery | undefined
  if (main?.version !== VERSION) return undefined
  const isOpen = new Int32Array(main.isOpen)
  const own = addressesOf(destinations)
  const taken = new Set(SIGNALS.filter((signal) => own[signal] !== undefined && own[signal] === main.addresses[signal]))
  if (taken.size === 0 || Atomics.load(isOpen, 0) === 0) return undefined

  const tell = (news: ThreadNews): void => withChannel(main.channel, (channel) => channel.postMessage(news))
  const recentSections = new WeakMap<Scope, Section>()
  const byResource = new WeakMap<Resource, Map<string, number>>()
  const writer = new ProtobufWriter(4096)
  const frames = createFrameWriter(Math.min(LIMIT_BYTES, bufferLimitBytes), (memory) =>
    tell({ kind: 'chunk', thread, memory }),
  )
  let lastId = 0
  return {
    takes: (signal) => taken.has(signal) && Atomics.load(isOpen, 0) === 1,
    item(signal, item, encode) {
      writer.pos = 0
      encode(writer, item)
      return frames.write(ITEM, SIGNALS.indexOf(signal), sectionOf(item), writer.written())
    },
    request: (signal, bytes, count) => frames.write(REQUEST, SIGNALS.indexOf(signal), count, bytes),
    flush: (timeoutMillis, holds) => flushMain(main.channel, thread, ++lastId, timeoutMillis, holds),
  }

  function sectionOf({ resource, instrumentationScope: scope }: Originated): number {
    const isPending = resource.asyncAttributesPending === true
    const recent = recentSections.get(scope)
    if (recent?.resource === resource && (isPending || !recent.isPending)) return recent.id
    const key = `${keyOf(scope)}:${isPending}`
    const sections = sectionsOf(resource)
    const id = sections.get(key) ?? announce(resource, scope, isPending)
    sections.set(key, id)
    recentSections.set(scope, { resource, id, isPending })
    return id
  }

  function sectionsOf(resource: Resource): Map<string, number> {
    const sections = byResource.get(resource) ?? new Map<string, number>()
    byResource.set(resource, sections)
    return sections
  }

  function announce(resource: Resource, scope: Scope, isPending: boolean): number {
    const { schemaUrl } = resource
    const id = ++lastId
    tell({
      kind: 'section',
      thread,
      id,
      section: { attributes: { ...settledAttributes(resource) }, schemaUrl, isPending, scope: { ...scope } },
    })
    return id
  }
}

/** Scopes that say the same are one, whatever number of tracers there is. */
const keyOf = ({ name, version, schemaUrl, attributes }: Scope): string =>
  JSON.stringify([name, version, schemaUrl, attributes])

interface Section {
  readonly resource: Resource
  readonly id: number
  readonly isPending: boolean
}

/** Open for a moment only: what others say would pile up in it while the thread is parked. */
function withChannel(name: string, use: (channel: BroadcastChannel) => void): void {
  const channel = new (threads().BroadcastChannel)(name)
  try {
    use(channel)
  } finally {
    channel.close()
  }
}

function flushMain(name: string, thread: number, id: number, timeoutMillis: number, holds: boolean): Promise<void> {
  return new Promise((resolve) => {
    const channel = new (threads().BroadcastChannel)(name)
    const done = (): void => {
      clearTimeout(timer)
      channel.close()
      resolve()
    }
    const timer = setTimeout(done, timeoutMillis + GRACE_MILLIS)
    channel.onmessage = (event) => {
      const news = (event as { data: ThreadNews }).data
      if (news.kind === 'flushed' && news.thread === thread && news.id === id) done()
    }
    if (!holds) {
      timer.unref()
      channel.unref()
    }
    channel.postMessage({ kind: 'flush', thread, id, timeoutMillis } satisfies ThreadNews)
  })
}
