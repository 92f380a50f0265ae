/** The files of the spool that this process owns. */
import fs from 'node:fs'
import path from 'node:path'
import type { Compression } from '../../config/destination.ts'
import type { DestinationQueue, QueuedRequest } from '../queue/destination-queue.ts'
import { ensureDirectory, readPrivate, writePrivate } from './directory.ts'
import { decodeSpoolFile, encodeSpoolFile, identify, type SpooledRequest } from './file-format.ts'
import { draftName, formatFileName } from './file-name.ts'
import type { Owner } from './owner.ts'

export interface StoredFile {
  readonly bytes: number
  readonly createdAt: number
  readonly count: number
  readonly queue: DestinationQueue
  /** The request, while it is in memory as well. */
  request: QueuedRequest | undefined
}

/** What is written. */
export interface Item {
  readonly encoding: Compression
  readonly count: number
  readonly createdAt: number
  readonly body: Buffer
}

export interface Store {
  /** Oldest first. */
  readonly files: Map<string, StoredFile>
  readonly usedBytes: number
  write(queue: DestinationQueue, item: Item, request?: QueuedRequest): string
  /** A file that was taken over. */
  add(name: string, file: StoredFile): void
  read(name: string): SpooledRequest | undefined
  /** Names of all files in the directory. */
  list(): ReadonlySet<string>
  discard(name: string): void
}

export function createStore(directory: string, owner: Owner, service: string): Store {
  const files = new Map<string, StoredFile>()
  let usedBytes = 0
  let sequence = 0
  return {
    files,
    get usedBytes() {
      return usedBytes
    },
    write(queue, { body, ...item }, request) {
      ensureDirectory(directory)
      owner.hold()
      const identity = identify(queue.destination, service)
      const bytes = encodeSpoolFile({ signal: queue.destination.signal, ...item, ...identity, body })
      const { createdAt, count } = item
      const name = formatFileName({
        createdAt,
        ...identity,
        bytes: bytes.length,
        owner: owner.name,
        sequence: sequence++ % 500_000_000,
      })
      writePrivate(directory, draftName(owner.name, sequence), name, bytes)
      add(name, { bytes: bytes.length, createdAt, count, queue, request })
      return name
    },
    add,
    read(name) {
      const bytes = readPrivate(path.join(directory, name))
      return bytes && decodeSpoolFile(bytes)
    },
    list() {
      try {
        return new Set(fs.readdirSync(directory))
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOENT' || code === 'ENOTDIR') return new Set()
        throw error
      }
    },
    discard(name) {
      const file = files.get(name)
      if (!file) return
      files.delete(name)
      usedBytes -= file.bytes
      // at once: a process that ends has no turn for it, and the next one would send the request again
      try {
        fs.unlinkSync(path.join(directory, name))
      } catch {
        // gone, or the disk can't be written any more: then it is sent twice
      }
    },
  }

  function add(name: string, file: StoredFile): void {
    files.set(name, file)
    usedBytes += file.bytes
  }
}
