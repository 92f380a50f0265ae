/** Spans that are never ended, and so never sent: those that nobody holds any more, and those that are open when nothing can end them. */
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { unlistenToProcess } from '../../process-events.ts'
import { callerOf, takeStack } from './caller.ts'
import type { Check, Say } from './check.ts'

interface Started {
  readonly name: string
  readonly at: { readonly stack?: string }
}

/** Enough for what a program has open at once. */
const MAX_OPEN = 10_000

export function createEndCheck(say: Say): Check {
  const open = new Map<string, Started>()
  const collected = new FinalizationRegistry<string>((spanId) => {
    const started = open.get(spanId)
    open.delete(spanId)
    if (started) tell(started)
  })
  /** The loop has nothing left to do. */
  const onIdle = (): void => {
    for (const started of open.values()) tell(started)
    open.clear()
  }
  process.on('beforeExit', onIdle)
  return {
    onStart(span) {
      if (open.size >= MAX_OPEN) return
      const { spanId } = span.spanContext()
      open.set(spanId, { name: span.name, at: takeStack() })
      collected.register(span, spanId, span)
    },
    onEnd(span: ReadableSpan) {
      open.delete(span.spanContext().spanId)
      collected.unregister(span)
    },
    stop() {
      unlistenToProcess('beforeExit', onIdle)
      open.clear()
    },
  }

  function tell({ name, at }: Started): void {
    const place = callerOf(at.stack)
    const where = place === undefined ? '' : `, started at ${place},`
    say(
      `end ${place ?? name}`,
      `the span "${name}"${where} was never ended: it is not sent. Call span.end() in a finally, or use withSpan`,
    )
  }
}
