/** What the main thread and the thread that watches it say to each other. */

/** What the worker is started with. */
export interface WatchWork {
  /** Two counters, which the threads raise in turn. */
  readonly pulses: SharedArrayBuffer
  readonly pollMillis: number
  readonly thresholdMillis: number
}

export const MAIN_PULSE = 0
export const WORKER_PULSE = 1

/** The main thread is given its stack on this channel, as JSON, in the middle of what it is doing. */
export const STACK_CHANNEL = 'uptrace-node:event-loop-block'

export interface Frame {
  readonly name: string
  /** A URL, a path, or empty. */
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface StackNews {
  /** The pulse after which there was none. */
  readonly pulse: number
  /** From the innermost out. */
  readonly frames: readonly Frame[]
}
