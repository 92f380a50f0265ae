/** Looks at spans while a program is being developed, and says once what is wrong with the way they are made. */
import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { log } from '../../log.ts'
import type { Check, Say } from './check.ts'
import { createLimitCheck, type LimitValues } from './limits.ts'
import { createContextCheck } from './lost-context.ts'
import { createNameCheck } from './names.ts'
import { createEndCheck } from './never-ended.ts'

/** A program whose spans are all wrong says no more lines than this. */
const MAX_LINES = 20

export function createCheckProcessor(limits: LimitValues): SpanProcessor {
  const said = new Set<string>()
  const say: Say = (subject, line) => {
    if (said.has(subject) || said.size >= MAX_LINES) return
    said.add(subject)
    log.warn(`${line} (a check of development; developmentChecks: false turns them off)`)
  }
  const checks: Check[] = [
    createEndCheck(say),
    createNameCheck(say),
    createLimitCheck(say, limits),
    createContextCheck(say),
  ]
  return {
    onStart(span: Span, parent: Context) {
      for (const check of checks) check.onStart?.(span, parent)
    },
    onEnd(span: ReadableSpan) {
      for (const check of checks) check.onEnd?.(span)
    },
    forceFlush: () => Promise.resolve(),
    shutdown() {
      for (const check of checks) check.stop?.()
      return Promise.resolve()
    },
  }
}
