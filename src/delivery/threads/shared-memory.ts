/**
 * Memory that one thread writes and another reads, so that what a thread has recorded outlives it: a thread may be parked for hours, or be ended in
 * the middle of a statement. It consists of chunks; a frame is written whole before it counts.
 */
import { performance } from '../../timers.ts'

/** What frames hold. */
export const ITEM = 0
export const REQUEST = 1

export interface Frame {
  readonly kind: typeof ITEM | typeof REQUEST
  /** Index into the list of signals. */
  readonly signal: number
  /** The section of an item, or the number of items in a request. */
  readonly number: number
  readonly bytes: Uint8Array
}

// slots of a chunk's header
const WRITTEN = 0
const READ = 1
const SEEN = 2
const HEADER_BYTES = 16
const FRAME_BYTES = 12
const FIRST_CHUNK_BYTES = 64 * 1024
const CHUNK_BYTES = 256 * 1024
const ANNOUNCE_AGAIN_MILLIS = 50

export interface FrameWriter {
  /** @returns false when the reader is so far behind that there is no room */
  write(kind: Frame['kind'], signal: number, number: number, bytes: Uint8Array): boolean
}

/** `announce` tells the reader of a new chunk; again, when nobody has heard it. */
export function createFrameWriter(limitBytes: number, announce: (memory: SharedArrayBuffer) => void): FrameWriter {
  const chunks: Chunk[] = []
  let current: Chunk | undefined
  let usedBytes = 0
  let announcedAt = 0

  return {
    write(kind, signal, number, bytes) {
      const size = FRAME_BYTES + align(bytes.length)
      if (current === undefined || current.pos + size > current.room) current = chunkFor(size)
      if (current === undefined) return false
      put(current, kind | (signal << 8), number, bytes)
      if (Atomics.load(current.header, SEEN) === 0) announceAgain(current)
      return true
    },
  }

  /** One that the reader is done with, or a new one. */
  function chunkFor(size: number): Chunk | undefined {
    for (const chunk of chunks) {
      if (chunk.room < size || Atomics.load(chunk.header, READ) !== chunk.pos) continue
      Atomics.store(chunk.header, WRITTEN, 0)
      Atomics.store(chunk.header, READ, 0)
      chunk.pos = 0
      return chunk
    }
    const bytes = Math.max(chunks.length === 0 ? FIRST_CHUNK_BYTES : CHUNK_BYTES, size)
    if (usedBytes + bytes > limitBytes) return undefined
    usedBytes += bytes
    const chunk = openChunk(new SharedArrayBuffer(HEADER_BYTES + bytes))
    chunks.push(chunk)
    announcedAt = performance.now()
    announce(chunk.memory)
    return chunk
  }

  function announceAgain({ memory }: Chunk): void {
    const now = performance.now()
    if (now - announcedAt < ANNOUNCE_AGAIN_MILLIS) return
    announcedAt = now
    announce(memory)
  }
}

export interface FrameReader {
  readonly memory: SharedArrayBuffer
  /** Hands over what was written since. @returns false when `isLate` became true before all of it was read */
  read(take: (frame: Frame) => void, isLate: () => boolean): boolean
}

export function createFrameReader(memory: SharedArrayBuffer): FrameReader {
  const chunk = openChunk(memory)
  Atomics.store(chunk.header, SEEN, 1)
  return {
    memory,
    read(take, isLate) {
      let { from, to } = unread(chunk)
      while (from < to) {
        const frame = frameAt(chunk, from)
        from += FRAME_BYTES + align(frame.bytes.length)
        try {
          take(frame)
        } finally {
          Atomics.store(chunk.header, READ, from)
        }
        if (isLate()) return false
      }
      return true
    },
  }
}

/** The writer begins a chunk again, which sets both marks to 0, once all of it is read: so the read mark is looked at twice. */
function unread({ header }: Chunk): { from: number; to: number } {
  for (;;) {
    const from = Atomics.load(header, READ)
    const to = Atomics.load(header, WRITTEN)
    if (Atomics.load(header, READ) === from) return { from, to }
  }
}

interface Chunk {
  readonly memory: SharedArrayBuffer
  readonly header: Int32Array
  readonly heads: Uint32Array
  readonly bytes: Uint8Array
  readonly room: number
  /** Where the writer goes on. */
  pos: number
}

const openChunk = (memory: SharedArrayBuffer): Chunk => ({
  memory,
  header: new Int32Array(memory, 0, HEADER_BYTES / 4),
  heads: new Uint32Array(memory, HEADER_BYTES),
  bytes: new Uint8Array(memory, HEADER_BYTES),
  room: memory.byteLength - HEADER_BYTES,
  pos: 0,
})

function put(chunk: Chunk, kind: number, number: number, bytes: Uint8Array): void {
  const at = chunk.pos / 4
  chunk.heads[at] = kind
  chunk.heads[at + 1] = number
  chunk.heads[at + 2] = bytes.length
  chunk.bytes.set(bytes, chunk.pos + FRAME_BYTES)
  chunk.pos += FRAME_BYTES + align(bytes.length)
  Atomics.store(chunk.header, WRITTEN, chunk.pos)
}

function frameAt({ heads, bytes }: Chunk, from: number): Frame {
  const at = from / 4
  const kind = heads[at]!
  const start = from + FRAME_BYTES
  return {
    kind: (kind & 255) as Frame['kind'],
    signal: kind >>> 8,
    number: heads[at + 1]!,
    bytes: bytes.subarray(start, start + heads[at + 2]!),
  }
}

const align = (length: number): number => (length + 3) & ~3
