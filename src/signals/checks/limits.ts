/** What spans lose by their limits. */
import type { AttributeValue } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Check, Say } from './check.ts'

/** Undefined where the default holds. */
export interface LimitValues {
  readonly attributeCountLimit: number | undefined
  readonly attributeValueLengthLimit: number | undefined
}

export function createLimitCheck(say: Say, { attributeValueLengthLimit: length }: LimitValues): Check {
  return {
    onEnd(span: ReadableSpan) {
      const { name } = span
      const lost: [number, string, string][] = [
        [span.droppedAttributesCount, 'attributes', 'attributeCountLimit'],
        [span.droppedEventsCount, 'events', 'eventCountLimit'],
        [span.droppedLinksCount, 'links', 'linkCountLimit'],
      ]
      for (const [count, what, option] of lost)
        if (count > 0)
          say(
            `${what} ${name}`,
            `the span "${name}" has lost ${count} ${what}: spanLimits.${option} sets how many it may have, keys must be texts that are not empty`,
          )
      if (length === undefined || length <= 0 || !Number.isFinite(length)) return
      const cut = Object.entries(span.attributes).find(([, value]) => isCut(value, length))
      if (cut)
        say(
          `length ${name} ${cut[0]}`,
          `the attribute ${cut[0]} of the span "${name}" was cut to ${length} characters, which spanLimits.attributeValueLengthLimit sets`,
        )
    },
  }
}

/** One of exactly this length was hardly as long before. */
function isCut(value: AttributeValue | undefined, length: number): boolean {
  if (typeof value === 'string') return value.length === length
  return Array.isArray(value) && value.some((item) => typeof item === 'string' && item.length === length)
}
