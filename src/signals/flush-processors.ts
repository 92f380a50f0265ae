/** Flushes processors of spans or log records together, each within the same time limit. */
import { MAX_TIMER_MILLIS } from '../deadline.ts'
import { clearTimeout, setTimeout } from '../timers.ts'

export interface FlushProcessorsOptions {
  readonly timeoutMillis?: number
  /** The caller sees to it that the process stays alive, if it is to. */
  readonly isHeld?: boolean
}

interface Processor {
  forceFlush(): Promise<void>
}

/** A processor that keeps the deadline itself answers at that very moment. */
const GRACE_MILLIS = 20
const FLUSH_TIMEOUT_MILLIS = 30_000

/** @throws a list of errors: of the processors that failed, or took too long */
export async function flushProcessors(
  processors: readonly Processor[],
  kind: 'Span' | 'Log record',
  { timeoutMillis = FLUSH_TIMEOUT_MILLIS, isHeld = false }: FlushProcessorsOptions = {},
): Promise<void> {
  const results = await Promise.all(processors.map(flush))
  const errors = results.filter((error) => error !== undefined)
  if (errors.length > 0) throw errors

  /** @returns what went wrong */
  function flush(processor: Processor): Promise<unknown> {
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => resolve(new Error(`${kind} processor did not complete within ${timeoutMillis} ms`)),
        Math.min(timeoutMillis + GRACE_MILLIS, MAX_TIMER_MILLIS),
      )
      if (isHeld) timer.unref()
      const settle = (error?: unknown): void => {
        clearTimeout(timer)
        resolve(error)
      }
      // at once, since the deadline of the caller is known to delivery only while this runs
      forceFlush(processor).then(
        () => settle(),
        (error: unknown) => settle(error ?? new Error(`${kind} processor failed to flush`)),
      )
    })
  }
}

async function forceFlush(processor: Processor): Promise<void> {
  await processor.forceFlush()
}
