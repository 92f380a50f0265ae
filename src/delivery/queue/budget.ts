/** The bytes that may wait in memory, over all queues; makes room when there are too many. */

/** Counts the bytes that wait in memory. */
export interface Budget {
  readonly limit: number
  readonly used: number
  add(bytes: number): void
  release(bytes: number): void
}

/** Where the budget finds requests to give up. */
export interface Evictable {
  readonly waitingBytes: number
  /** Gives up the oldest request that is not under way. @returns false when there is none */
  evictOldest(): boolean
}

/** A budget which evicts from the fullest queue first, so that a dead destination pays before a live one does. */
export function createBudget(limit: number, queues: () => readonly Evictable[]): Budget {
  let used = 0
  return {
    limit,
    get used() {
      return used
    },
    add(bytes) {
      used += bytes
      while (used > limit) {
        const fullest = queues().reduce<Evictable | undefined>(
          (most, queue) => (queue.waitingBytes > (most?.waitingBytes ?? 0) ? queue : most),
          undefined,
        )
        if (!fullest?.evictOldest()) return
      }
    },
    release(bytes) {
      used -= bytes
    },
  }
}
