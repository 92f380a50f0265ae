/** What the ending process and its exit worker share. */
import type { Compression, Destination } from '../../config/destination.ts'

export interface ExitWork {
  readonly destinations: readonly Destination[]
  /** Oldest first; `destination` is an index into `destinations`. */
  readonly messages: ReadonlyArray<{
    readonly destination: number
    readonly body: Uint8Array
    readonly encoding: Compression
  }>
  readonly timeoutMillis: number
  /** An Int32Array: slot 0 is raised when all is done; then two slots a message: its state, and how many items were refused. */
  readonly results: SharedArrayBuffer
}

export const PENDING = 0
export const ACCEPTED = 1
export const REFUSED = 2

export const createResults = (messages: number): SharedArrayBuffer => new SharedArrayBuffer(4 * (1 + 2 * messages))
export const stateSlot = (message: number): number => 1 + 2 * message
