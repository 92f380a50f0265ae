/** The pace of one destination: when the next attempt may begin, and how many may be under way. */
import { performance } from '../../timers.ts'
import { afterFailure, HEALTHY, hurried, isNewFailure } from './backoff.ts'
import { afterSuccess, INITIAL_LIMIT, MOST_IN_FLIGHT } from './concurrency.ts'

export class Pace {
  private backoff = HEALTHY
  private inFlightLimit = INITIAL_LIMIT
  /** Finite while the process is ending: tries are few and close together then. */
  private triesLeft = Number.POSITIVE_INFINITY

  get isFailing(): boolean {
    return this.backoff.failures > 0
  }

  get isEnding(): boolean {
    return this.triesLeft < Number.POSITIVE_INFINITY
  }

  /** Whether nothing more will come of waiting at the end of the process. */
  get isHopeless(): boolean {
    return this.triesLeft <= 0
  }

  /** A destination that fails is asked with one request at a time. */
  get limit(): number {
    return this.isFailing ? 1 : this.inFlightLimit
  }

  /** How long no attempt may begin. */
  pauseMillis(): number {
    return this.backoff.notBefore - performance.now()
  }

  hurry(): void {
    this.backoff = hurried(this.backoff)
  }

  hasten(tries: number): void {
    this.triesLeft = tries
    this.inFlightLimit = MOST_IN_FLIGHT
    this.hurry()
  }

  relax(): void {
    this.triesLeft = Number.POSITIVE_INFINITY
  }

  failed(retryAfterMillis: number | undefined): void {
    const now = performance.now()
    if (isNewFailure(this.backoff, now)) this.triesLeft--
    this.backoff = afterFailure(this.backoff, {
      now,
      retryAfterMillis,
      isEnding: this.isEnding,
      random: Math.random(),
    })
    if (!this.isEnding) this.inFlightLimit = INITIAL_LIMIT
  }

  /** The destination answers, whatever it says. @returns whether it did not before */
  recovered(): boolean {
    const wasFailing = this.isFailing
    if (wasFailing) this.backoff = HEALTHY
    return wasFailing
  }

  succeeded(waiting: number): void {
    if (!this.isEnding) this.inFlightLimit = afterSuccess(this.inFlightLimit, waiting)
  }
}
