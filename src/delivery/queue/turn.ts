/** Spreads the start of requests over turns of the event loop: many answers may come in one, and each makes room for another request. */
import { setImmediate } from '../../timers.ts'

const MOST_A_TURN = 4

let begun = 0

/** Whether another request may begin in this turn. Whoever hears no asks again in the next one. */
export function mayBegin(): boolean {
  if (begun === 0) {
    setImmediate(() => {
      begun = 0
    }).unref()
  }
  return begun++ < MOST_A_TURN
}
