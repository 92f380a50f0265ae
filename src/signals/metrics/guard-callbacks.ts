/** Caps the callbacks of observable instruments: one that never settles must not hold up the other metrics, nor the end of the process. */

import { settlesWithin } from '../../deadline.ts'
import { kindOf, logThrottled } from '../../log.ts'

/** How long a callback may take, in milliseconds. The reader sets it before it collects. */
export interface CallbackLimit {
  millis: number
}

type Callback<Result> = (result: Result) => void | Promise<void>

/**
 * @param guardResult gives the callback what it observes with
 * @returns the same guarded callback for the same callback, so that it can be removed again
 */
export function createCallbackGuard<Guarded extends Callback<never>>(
  limit: CallbackLimit,
  name: string,
  guardResult: (result: Parameters<Guarded>[0]) => Parameters<Guarded>[0],
): (callback: Guarded) => Guarded {
  const known = new WeakMap<Guarded, Guarded>()
  return (callback) => {
    if (typeof callback !== 'function') return callback
    const guarded = known.get(callback) ?? cap(callback, limit, name, guardResult)
    known.set(callback, guarded)
    return guarded
  }
}

function cap<Guarded extends Callback<never>>(
  callback: Guarded,
  limit: CallbackLimit,
  name: string,
  guardResult: (result: Parameters<Guarded>[0]) => Parameters<Guarded>[0],
): Guarded {
  /** A call beyond the limit is still waited for; no second one is begun beside it. */
  let isOverdue = false
  const guarded = (result: Parameters<Guarded>[0]): void | Promise<void> => {
    if (isOverdue) return
    const answer = callback(guardResult(result) as never)
    if (typeof (answer as Promise<void> | undefined)?.then !== 'function') return
    const { millis } = limit
    const settled = Promise.resolve(answer)
    return settlesWithin(settled, millis).then((isInTime) => {
      if (isInTime) return
      isOverdue = true
      const release = (): void => {
        isOverdue = false
      }
      settled.then(release, release)
      logThrottled(
        'warn',
        `callback:${kindOf(name)}`,
        `the callback of ${name} has not settled within ${Math.round(millis)} ms; its metrics are left out until it has`,
      )
    })
  }
  return guarded as Guarded
}
