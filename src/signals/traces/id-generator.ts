/** Random trace and span ids, drawn from a pool, and the W3C flag which says that trace ids are random. */
import { INVALID_SPANID, INVALID_TRACEID } from '@opentelemetry/api'
import type { IdGenerator } from '@opentelemetry/sdk-trace'
import { rememberId } from '../../id-bytes.ts'

/**
 * So much randomness is fetched at once, and so much of that is made text at once: each call out of JavaScript costs more than an id. An id that is
 * kept keeps the text it was cut from, so that one is the smaller.
 */
const POOL_BYTES = 8192
const TEXT_BYTES = 512
/** https://www.w3.org/TR/trace-context-2/#random-trace-id-flag */
export const RANDOM_TRACE_ID_FLAG = 0x02

/** Ids from the operating system's random numbers, fetched many at a time. */
export function createIdGenerator(): IdGenerator {
  const pool = Buffer.allocUnsafe(POOL_BYTES)
  let poolUsed = POOL_BYTES
  let text = ''
  let textUsed = 0
  const refill = (): void => {
    if (poolUsed === POOL_BYTES) {
      globalThis.crypto.getRandomValues(pool)
      poolUsed = 0
    }
    text = pool.toString('hex', poolUsed, poolUsed + TEXT_BYTES)
    poolUsed += TEXT_BYTES
    textUsed = 0
  }
  const take = (digits: number, invalid: string): string => {
    if (textUsed + digits > text.length) refill()
    const id = text.slice(textUsed, textUsed + digits)
    textUsed += digits
    if (id === invalid) return take(digits, invalid)
    rememberId(id, pool, poolUsed - TEXT_BYTES + (textUsed - digits) / 2, digits / 2)
    return id
  }
  return { generateTraceId: () => take(32, INVALID_TRACEID), generateSpanId: () => take(16, INVALID_SPANID) }
}
