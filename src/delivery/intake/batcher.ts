/**
 * Gathers the items of one signal into batches. An item is encoded when it ends, or with the next few at the latest: no queue of live objects builds up,
 * a burst needs no turn of the event loop, and what waits is known in bytes.
 */
import type { Resource } from '@opentelemetry/resources'
import { clearTimeout, performance, setTimeout } from '../../timers.ts'
import { encodeRequest, type Scope, type Section } from '../../wire/encode-request.ts'
import { ProtobufWriter } from '../../wire/protobuf-writer.ts'
import type { Redactor } from '../../wire/redaction/redactor.ts'
import type { RunUntraced } from '../run-untraced.ts'
import { inBlocks, type OpenSection } from './sections.ts'
import { createWaitingItems } from './waiting-items.ts'

/** Receivers commonly stop at 4 MiB. */
export const BATCH_LIMIT_BYTES = 4 * 1024 * 1024 - 64 * 1024
/** A batch that holds more than the usual number of items closes at this size. */
const GROWN_BYTES = 1536 * 1024
/** How long the first batches wait for attributes of the resource which are still being detected. */
const RESOURCE_WAIT_MILLIS = 100
const MAX_SECTIONS = 128
const KEPT_BUFFER_BYTES = 512 * 1024
/**
 * Sections alternate after so many bytes, so that spans of one trace lie near each other, whatever their scopes: gzip looks back 32 kB to find ids
 * that it has seen.
 */
const BLOCK_BYTES = 12 * 1024

/** What every item says about its origin. */
export interface Originated {
  readonly resource: Resource
  readonly instrumentationScope: Scope
}

export interface BatcherOptions<Item extends Originated> {
  readonly encode: (writer: ProtobufWriter, item: Item, redactor: Redactor) => void
  readonly redactor: Redactor
  /** Asked for each time a batch is about to be full. */
  readonly maxCount: () => number
  readonly maxBytes: number
  readonly delayMillis: number
  readonly resource: Resource
  readonly runUntraced: RunUntraced
  /** Takes a closed batch: an encoded export request of `count` items. */
  readonly onBatch: (request: Buffer, count: number) => void
  /** A batch is opened: from here on something is unsent. */
  readonly onOpen?: () => void
  /** Counts items of a batch that could not be put together. */
  readonly onLost: (count: number) => void
}

export interface Batcher<Item> {
  /** Encodes an item into the open batch, by `encodeItem` if that is given. @throws when it cannot be read */
  add(item: Item, encodeItem?: (writer: ProtobufWriter, item: Item) => void): void
  /** Closes the open batch and hands over all that is held. */
  flush(): void
  /** The request that closing the open batch now would make. It stays open. */
  copy(): Buffer | undefined
  /** Items which no closed batch holds yet. */
  readonly count: number
  /** How many batches have been closed so far. */
  readonly closed: number
  /** When the open batch got its first item, in milliseconds of `performance.now()`. */
  readonly openedAt: number
  readonly bytes: number
}

interface HeldBatch {
  readonly sections: readonly Section[]
  readonly count: number
  readonly bytes: number
}

export function createBatcher<Item extends Originated>(options: BatcherOptions<Item>): Batcher<Item> {
  const { encode, redactor, maxCount, maxBytes, delayMillis, resource, runUntraced, onBatch, onOpen, onLost } = options
  let sections: OpenSection[] = []
  let last: OpenSection | undefined
  let count = 0
  let bytes = 0
  let countLimit = maxCount()
  let bytesLimit = maxBytes
  let nextBlock = BLOCK_BYTES
  let timer: NodeJS.Timeout | undefined
  const waiting = createWaitingItems<Item>(encodeNow, onLost)
  let held: HeldBatch[] = []
  let heldBytes = 0
  let heldCount = 0
  let closedCount = 0
  let openedAt = 0
  let isWaiting = resource.asyncAttributesPending === true
  if (isWaiting) awaitResource()

  return {
    add,
    flush() {
      waiting.encode()
      close()
      releaseHeld()
    },
    copy,
    get count() {
      return count + waiting.count + heldCount
    },
    get closed() {
      return closedCount
    },
    get openedAt() {
      return openedAt
    },
    get bytes() {
      waiting.encode()
      return bytes + heldBytes
    },
  }

  function add(item: Item, encodeItem?: (writer: ProtobufWriter, item: Item) => void): void {
    const isFull = encodeItem === undefined ? waiting.add(item) : undefined
    if (isFull === false) open()
    if (isFull !== false || count + waiting.count >= countLimit) waiting.encode()
    if (isFull === undefined) encodeNow(item, encodeItem)
  }

  function encodeNow(item: Item, encodeItem = encode): void {
    const section =
      last !== undefined && last.scope === item.instrumentationScope && last.resource === item.resource
        ? last
        : findSection(item)
    const before = section.writer.pos
    encodeItem(section.writer, item, redactor)
    bytes += section.writer.pos - before
    count++
    if (bytes >= nextBlock) endBlock()
    if (count >= countLimit || bytes >= bytesLimit) closeIfFull()
    if (count > 0) open()
  }

  function open(): void {
    if (timer !== undefined) return
    timer = runUntraced(startTimer)
    onOpen?.()
  }

  /** While there is a backlog a batch grows further, yet not so far that compressing it in place would be felt. */
  function closeIfFull(): void {
    countLimit = maxCount()
    bytesLimit = count < countLimit ? Math.min(maxBytes, GROWN_BYTES) : maxBytes
    if (count >= countLimit || bytes >= bytesLimit) close()
  }

  function endBlock(): void {
    nextBlock = bytes + BLOCK_BYTES
    if (sections.length > 1) for (const { blocks, writer } of sections) blocks.push(writer.pos)
  }

  function startTimer(): NodeJS.Timeout {
    openedAt = performance.now()
    return setTimeout(() => {
      waiting.encode()
      close()
    }, delayMillis).unref()
  }

  function findSection({ resource, instrumentationScope: scope }: Item): OpenSection {
    last = sections.find((section) => section.scope === scope && section.resource === resource)
    if (!last) {
      last = { resource, scope, writer: new ProtobufWriter(4096), blocks: [] }
      sections.push(last)
    }
    return last
  }

  function close(): void {
    if (timer) clearTimeout(timer)
    timer = undefined
    if (count === 0) return
    const filled = sections.filter(({ writer }) => writer.pos > 0)
    const views = inBlocks(filled)
    const closed = { count, bytes }
    closedCount++
    count = 0
    bytes = 0
    countLimit = maxCount()
    bytesLimit = maxBytes
    if (isWaiting && heldBytes + closed.bytes <= maxBytes) hold(views, closed)
    else {
      releaseHeld()
      submit(views, closed.count)
    }
    nextBlock = BLOCK_BYTES
    for (const section of sections) {
      section.writer.pos = 0
      section.blocks.length = 0
    }
    dropUnused(filled)
  }

  function copy(): Buffer | undefined {
    waiting.encode()
    const filled = sections.filter(({ writer }) => writer.pos > 0)
    return filled.length === 0 ? undefined : encodeRequest(inBlocks(filled), true, redactor)
  }

  /** Runs in timers as well, where an error would end the application. */
  function submit(sections: readonly Section[], count: number): void {
    let request: Buffer
    try {
      request = encodeRequest(sections, true, redactor)
    } catch {
      onLost(count)
      return
    }
    onBatch(request, count)
  }

  function hold(views: readonly Section[], closed: { count: number; bytes: number }): void {
    held.push({ sections: views.map((view) => ({ ...view, items: Buffer.from(view.items) })), ...closed })
    heldBytes += closed.bytes
    heldCount += closed.count
  }

  function releaseHeld(): void {
    const batches = held
    held = []
    heldBytes = 0
    heldCount = 0
    for (const batch of batches) submit(batch.sections, batch.count)
  }

  /** Buffers are kept from batch to batch, but neither many nor large ones. */
  function dropUnused(filled: readonly OpenSection[]): void {
    const isKept = (section: OpenSection): boolean => section.writer.bytes.length <= KEPT_BUFFER_BYTES
    sections = (sections.length > MAX_SECTIONS ? [...filled] : sections).filter(isKept)
    last = undefined
  }

  function awaitResource(): void {
    const settle = (): void => {
      if (!isWaiting) return
      isWaiting = false
      runUntraced(releaseHeld)
    }
    setTimeout(settle, RESOURCE_WAIT_MILLIS).unref()
    resource.waitForAsyncAttributes?.().then(settle, settle)
  }
}
