/** How the main thread and worker threads find each other, and what they say besides the items themselves. */
import { type Destination, SIGNALS, type Signal } from '../../config/destination.ts'
import type { Scope } from '../../wire/encode-request.ts'

/** Under this name every new thread is told of the main thread's delivery. */
export const ENVIRONMENT_KEY = 'uptrace-node'

export interface MainDelivery {
  readonly version: string
  /** Name of a BroadcastChannel. */
  readonly channel: string
  /** An Int32Array of one slot: 1 while items are taken. */
  readonly isOpen: SharedArrayBuffer
  /** The addresses that the main thread sends each signal to. A worker thread with other addresses sends by itself. */
  readonly addresses: Readonly<Partial<Record<Signal, string>>>
}

export type ThreadNews =
  | { readonly kind: 'chunk'; readonly thread: number; readonly memory: SharedArrayBuffer }
  | { readonly kind: 'section'; readonly thread: number; readonly id: number; readonly section: SharedSection }
  | { readonly kind: 'flush'; readonly thread: number; readonly id: number; readonly timeoutMillis: number }
  | { readonly kind: 'flushed'; readonly thread: number; readonly id: number }

/** Where items come from. */
export interface SharedSection {
  readonly attributes: Record<string, unknown>
  readonly schemaUrl: string | undefined
  /** Some attributes are still being detected; they are the same in all threads of a process. */
  readonly isPending: boolean
  readonly scope: Scope
}

export function addressesOf(destinations: readonly Destination[]): Partial<Record<Signal, string>> {
  const addresses: Partial<Record<Signal, string>> = {}
  for (const signal of SIGNALS) {
    const those = destinations.filter((destination) => destination.signal === signal)
    if (those.length > 0) addresses[signal] = JSON.stringify(those)
  }
  return addresses
}
