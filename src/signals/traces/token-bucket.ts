/** A token bucket that holds one second's worth, at least one token. */
import { performance } from '../../timers.ts'

/** @returns takes a token, if there is one */
export function createTokenBucket(perSecond: number): () => boolean {
  const capacity = perSecond === 0 ? 0 : Math.max(1, perSecond)
  let tokens = capacity
  let refilledAt = performance.now()
  return () => {
    const now = performance.now()
    tokens = Math.min(capacity, tokens + ((now - refilledAt) / 1000) * perSecond)
    refilledAt = now
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
