/** How much is under way at once: little in quiet times, more the longer the line is. Pure. */

const FEWEST_IN_FLIGHT = 4
export const MOST_IN_FLIGHT = 32
/** So many requests that wait are a backlog. */
const BACKLOG = 4
/** A batch holds so many times more items while there is a backlog. */
const BACKLOG_FACTOR = 8

export const INITIAL_LIMIT = FEWEST_IN_FLIGHT

/** The limit after a request was taken. While a line waits it doubles with each round of answers. */
export function afterSuccess(limit: number, waiting: number): number {
  return waiting > 0 ? Math.min(limit + 1, MOST_IN_FLIGHT) : Math.max(limit - 1, FEWEST_IN_FLIGHT)
}

export function isBacklog(waiting: number): boolean {
  return waiting >= BACKLOG
}

/** How many items a batch may hold now. A size that the user has chosen is kept. */
export function batchLimit(chosen: number, standard: number, isBehind: boolean): number {
  return isBehind && chosen === standard ? standard * BACKLOG_FACTOR : chosen
}
