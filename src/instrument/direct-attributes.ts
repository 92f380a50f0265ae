/**
 * Attributes that our own instrumentations know to be sound go straight into the span. The SDK checks and copies those of `startSpan` twice, with
 * a set for each value, which is half the cost of a span.
 */
import type { Attributes, Span } from '@opentelemetry/api'

/** Whether the tracer provider is ours, nothing looks at the attributes of a span as it starts, and no limit may cut them. */
let isAllowed = false

export function allowDirectAttributes(value: boolean): void {
  isAllowed = value
}

export const areAttributesDirect = (): boolean => isAllowed

/** What to write into; undefined for a span that is not recorded. */
export function attributesOf(span: Span): Attributes | undefined {
  return span.isRecording() ? (span as Span & { readonly attributes?: Attributes }).attributes : undefined
}

/** Adds `attributes`, which the caller gives away: as a rule they are all that the span has. */
export function giveAttributes(span: Span, attributes: Attributes): void {
  const own = attributesOf(span)
  if (own === undefined) return
  for (const _ in own) {
    Object.assign(own, attributes)
    return
  }
  ;(span as { attributes?: Attributes }).attributes = attributes
}
