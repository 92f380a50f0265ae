/** Spreads the start of requests over turns of the event loop: many answers may come in one, and each makes room for another request. */
import { setImmediate } from '../../timers.ts'

const MOST_A_TURN = 4

let begun = 0

/** Whether another request may begin in this turn. Whoever hears no asks again in the next one. */
export function mayBegin(): boolean {
  if (begun === 0) {
    // not unref'd: such a one waits for the next timer or answer; this holds the process for one turn only
    setImmediate(() => {
      begun = 0
    })
  }
  return begun++ < MOST_A_TURN
}
