/**
 * Writes down when which span becomes the active one: V8's samples do not tell. Node says when a callback or a continuation begins, and our context
 * manager when it enters and leaves a context; in between the active span stays the same.
 */
import { createHook } from 'node:async_hooks'
import { type Context, context, type Span, trace } from '@opentelemetry/api'
import { performance } from '../../timers.ts'
import { watchContextManager } from '../context-manager.ts'

/** Columns, in order of time. */
export interface ContextChanges {
  /** By `performance.now()`. */
  readonly atMillis: readonly number[]
  readonly spans: readonly (Span | undefined)[]
}

export interface ContextLog {
  /** What happened since the last call; the first entry is what was active then. */
  take(): ContextChanges
  stop(): void
}

/** Of one piece; beyond that no span is known. */
const MAX_CHANGES = 200_000

export function startContextLog(): ContextLog {
  let atMillis: number[] = []
  let spans: (Span | undefined)[] = []
  let lastContext: Context | undefined
  let lastSpan: Span | undefined

  const write = (span: Span | undefined): void => {
    if (atMillis.length >= MAX_CHANGES) return
    atMillis.push(performance.now())
    spans.push(atMillis.length === MAX_CHANGES ? undefined : span)
  }
  const note = (): void => {
    try {
      const active = context.active()
      if (active === lastContext) return
      lastContext = active
      const span = trace.getSpan(active)
      if (span === lastSpan) return
      lastSpan = span
      write(span)
    } catch {
      // a context manager of the application; thrown from here it would end the process
    }
  }
  const hook = createHook({ before: note }).enable()
  const unwatch = watchContextManager(note)
  note()
  return {
    take() {
      const changes = { atMillis, spans }
      atMillis = []
      spans = []
      write(lastSpan)
      return changes
    },
    stop() {
      hook.disable()
      unwatch()
    },
  }
}
