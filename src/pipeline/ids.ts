/** Random trace and span ids, drawn from a pool, and the W3C flag which says that trace ids are random. */
import { INVALID_SPANID, INVALID_TRACEID } from '@opentelemetry/api'
import type { IdGenerator, ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'

const POOL_BYTES = 8192
/** https://www.w3.org/TR/trace-context-2/#random-trace-id-flag */
export const RANDOM_TRACE_ID_FLAG = 0x02

/** Ids from the operating system's random numbers, fetched many at a time. */
export function createIdGenerator(): IdGenerator {
  const pool = Buffer.allocUnsafe(POOL_BYTES)
  let used = POOL_BYTES
  const take = (bytes: number, invalid: string): string => {
    if (used + bytes > POOL_BYTES) {
      globalThis.crypto.getRandomValues(pool)
      used = 0
    }
    const id = pool.toString('hex', used, used + bytes)
    used += bytes
    return id === invalid ? take(bytes, invalid) : id
  }
  return { generateTraceId: () => take(16, INVALID_TRACEID), generateSpanId: () => take(8, INVALID_SPANID) }
}

/**
 * Sets the random flag on traces that start here, and keeps it on those that came in with it. The SDK's tracer has no seam for trace
 * flags, so this is a span processor, which sees a span before anybody can propagate it.
 */
export function createRandomFlagProcessor(): SpanProcessor {
  return {
    onStart(span: Span) {
      const parent = span.parentSpanContext
      if (parent === undefined || parent.traceFlags & RANDOM_TRACE_ID_FLAG)
        span.spanContext().traceFlags |= RANDOM_TRACE_ID_FLAG
    },
    onEnd(_span: ReadableSpan) {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
