/** Time limits: one that a caller has given, and what is waited for under it. */
import { clearTimeout, performance, setTimeout } from './timers.ts'

/** Node takes a longer timer for one of a millisecond. */
export const MAX_TIMER_MILLIS = 0x7fffffff
/** An answer that is due comes a little later. */
const GRACE_MILLIS = 1000

export interface Deadline {
  /** Milliseconds until it is over; 0 from then on. */
  left(): number
  /** Waits for a promise, as long as there is time. @returns whether it was fulfilled in time */
  keeps(promise: Promise<unknown>): Promise<boolean>
}

export function startDeadline(millis: number): Deadline {
  const end = performance.now() + millis
  const left = (): number => Math.max(0, end - performance.now())
  return { left, keeps: (promise) => settlesWithin(promise, left()) }
}

/**
 * Waits for a promise, but no longer than a time limit; 0 is "do not wait".
 * @param holdsProcess whether the process is kept alive meanwhile
 * @returns whether it was fulfilled in time
 * @throws what the promise rejects with, in time
 */
export async function settlesWithin(promise: Promise<unknown>, millis: number, holdsProcess = false): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const isInTime = promise.then(() => true)
  const isLate = new Promise<boolean>((resolve) => {
    if (millis <= 0) return resolve(false)
    timer = setTimeout(resolve, Math.min(millis, MAX_TIMER_MILLIS), false)
    if (!holdsProcess) timer.unref()
  })
  try {
    // one that fails when nobody waits for it any more is heard by the race
    return await Promise.race([isLate, isInTime])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * A promise that keeps the process alive, for `millis` at most, from the moment somebody waits for it: one that nobody waits for does so for no longer
 * than `unheardMillis`.
 */
export function holdWhileAwaited<T>(promise: Promise<T>, millis: number, unheardMillis = 0): Promise<T> {
  const held = new AwaitedPromise<T>((resolve) => resolve(promise))
  const [hold, unheard] = [startTimer(millis + GRACE_MILLIS).unref(), startTimer(Math.min(unheardMillis, millis))]
  held.onAwaited = () => hold.ref()
  const end = (): void => {
    clearTimeout(hold)
    clearTimeout(unheard)
  }
  void promise.then(end, end)
  return held
}

class AwaitedPromise<T> extends Promise<T> {
  /** What is made of it by `then` is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  onAwaited?: () => void

  // biome-ignore lint/suspicious/noThenProperty: `await`, `catch` and `finally` come here
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.onAwaited?.()
    return super.then(onFulfilled, onRejected)
  }
}

const startTimer = (millis: number): NodeJS.Timeout => setTimeout(() => {}, Math.min(millis, MAX_TIMER_MILLIS))

/** What a caller has given as a time limit: anything but a number of at least 0 is the usual one. */
export function readMillis(given: unknown, usual: number): number {
  return typeof given === 'number' && given >= 0 ? Math.min(given, MAX_TIMER_MILLIS) : Math.min(usual, MAX_TIMER_MILLIS)
}
