/** Random trace and span ids, drawn from a pool, and the W3C flag which says that trace ids are random. */
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
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  const words = new Uint32Array(pool.buffer)
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
  const take = (bytes: number): string => {
    if (textUsed + bytes * 2 > text.length) refill()
    const start = poolUsed - TEXT_BYTES + textUsed / 2
    const id = text.slice(textUsed, textUsed + bytes * 2)
    textUsed += bytes * 2
    if (pool[start] === 0 && isZero(pool, start, bytes)) return take(bytes)
    rememberId(id, pool, words, start, bytes)
    return id
  }
  return { generateTraceId: () => take(16), generateSpanId: () => take(8) }
}

/** Such an id is none. */
function isZero(bytes: Uint8Array, start: number, length: number): boolean {
  for (let index = start; index < start + length; index++) if (bytes[index] !== 0) return false
  return true
}
