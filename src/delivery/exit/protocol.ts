/** What the ending process and its exit worker tell each other. */
import type { MessagePort } from 'node:worker_threads'
import type { Compression, Destination } from '../../config/destination.ts'
import type { DropReason } from '../types.ts'

export const STARTED = 1
export const DONE = 2

export interface ExitWork {
  readonly destinations: readonly Destination[]
  /** What each destination is believed to read. */
  readonly encodings: readonly Compression[]
  /** Oldest first; `destination` is an index into `destinations`. */
  readonly messages: ReadonlyArray<{
    readonly destination: number
    readonly body: Uint8Array
    readonly encoding: Compression
    readonly count: number
  }>
  readonly network: NetworkSettings
  readonly timeoutMillis: number
  /** An Int32Array of one slot: 0 until the thread runs, then `STARTED`, and `DONE` at the end. */
  readonly progress: SharedArrayBuffer
  /** Takes `ExitNews`. */
  readonly port: MessagePort
}

/** How the process has set up its connections; a new thread begins with Node's defaults. */
export interface NetworkSettings {
  readonly autoSelectFamily: boolean
  readonly autoSelectFamilyAttemptTimeout: number
  readonly dnsResultOrder: 'ipv4first' | 'ipv6first' | 'verbatim'
}

export type ExitNews =
  /** What became of items of a message. */
  | {
      readonly kind: 'finished'
      readonly message: number
      readonly delivered: number
      readonly dropped: Partial<Record<DropReason, number>>
    }
  /** The last error of a destination. */
  | { readonly kind: 'failed'; readonly destination: number; readonly reason: string }
  /** A line for the log, as the destination's reporter says it. */
  | { readonly kind: 'refused'; readonly destination: number; readonly what: string; readonly reason: string }
  | {
      readonly kind: 'partial'
      readonly destination: number
      readonly what: string
      readonly message: string | undefined
    }
