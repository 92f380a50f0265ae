/** How long a destination that fails is left alone. Pure: the time and the dice are arguments. */

const FIRST_PAUSE_MILLIS = 1000
const LONGEST_PAUSE_MILLIS = 5000
/** After this long an outage is not a hiccup, and knocking every five seconds is a burden. */
const LONG_OUTAGE_MILLIS = 5 * 60_000
const LONG_OUTAGE_PAUSE_MILLIS = 30_000
/** Between attempts while the process waits for its end. */
const FINAL_PAUSE_MILLIS = 40
const JITTER = 0.2

export interface Backoff {
  readonly failures: number
  readonly failingSince: number
  /** No attempt begins before this time. */
  readonly notBefore: number
  /** The server named the time itself. */
  readonly isThrottled: boolean
}

export const HEALTHY: Backoff = { failures: 0, failingSince: 0, notBefore: 0, isThrottled: false }

export interface Failure {
  readonly now: number
  /** What the server asks for. */
  readonly retryAfterMillis: number | undefined
  /** The process is ending. */
  readonly isEnding: boolean
  /** From 0 to 1. */
  readonly random: number
}

/** Requests under way together fail together: that is one failure of the destination, not several. */
export function isNewFailure(backoff: Backoff, now: number): boolean {
  return now >= backoff.notBefore
}

export function afterFailure(backoff: Backoff, failure: Failure): Backoff {
  const { now, retryAfterMillis } = failure
  const isNew = isNewFailure(backoff, now)
  if (!isNew && retryAfterMillis === undefined) return backoff
  const failures = backoff.failures + (isNew ? 1 : 0)
  const failingSince = backoff.failures === 0 ? now : backoff.failingSince
  const isThrottled = retryAfterMillis !== undefined
  const notBefore = now + (retryAfterMillis ?? pauseAfter(failures, now - failingSince, failure))
  return { failures, failingSince, notBefore, isThrottled }
}

/** Someone waits: the next attempt may begin at once, unless the server has asked for the pause. */
export function hurried(backoff: Backoff): Backoff {
  return backoff.isThrottled ? backoff : { ...backoff, notBefore: 0 }
}

function pauseAfter(failures: number, failingMillis: number, { isEnding, random }: Failure): number {
  if (isEnding) return FINAL_PAUSE_MILLIS
  const pause =
    failingMillis > LONG_OUTAGE_MILLIS
      ? LONG_OUTAGE_PAUSE_MILLIS
      : Math.min(FIRST_PAUSE_MILLIS * 2 ** (failures - 1), LONGEST_PAUSE_MILLIS)
  return pause * (1 + JITTER * (2 * random - 1))
}
