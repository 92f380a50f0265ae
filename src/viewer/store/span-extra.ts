/** What of a span is kept beside its columns, as the text that is stored. */
import type { DecodedSpan } from '../../wire/decode-types.ts'
import { readObject } from './read-json.ts'

/** What of a span is kept beside its columns; absent when all of it is empty. */
export interface SpanExtra {
  /** Status message. */
  m?: string
  /** Trace state. */
  ts?: string
  /** Events: name, µs, ns remainder, attributes, dropped attributes. */
  e?: [name: string, us: number, rem: number, attributes: object, dropped: number][]
  /** Links: trace id, span id, attributes, trace state, dropped attributes. */
  l?: [traceId: string, spanId: string, attributes: object, traceState: string, dropped: number][]
  /** Dropped attributes, events, links. */
  d?: [attributes: number, events: number, links: number]
  /** Started but was sent without an end. */
  open?: 1
  /** Ended before it started, by the sender's clock. */
  skew?: 1
  /** W3C flags as sent. */
  f?: number
}

export function extraOf(span: DecodedSpan, isOpen: boolean, isSkewed: boolean): string | null {
  if (!isOpen && !isSkewed && hasFlagsOnly(span)) return span.flags > 1 ? flagsText(span.flags) : null
  const extra: SpanExtra = {}
  if (span.statusMessage !== '') extra.m = span.statusMessage
  if (span.traceState !== '') extra.ts = span.traceState
  if (span.events.length > 0)
    extra.e = span.events.map((event) => [
      event.name,
      event.timeUs,
      event.remainderNs,
      event.attributes,
      event.droppedAttributes,
    ])
  if (span.links.length > 0)
    extra.l = span.links.map((link) => [
      link.traceId,
      link.spanId,
      link.attributes,
      link.traceState,
      link.droppedAttributes,
    ])
  if (span.droppedAttributes || span.droppedEvents || span.droppedLinks)
    extra.d = [span.droppedAttributes, span.droppedEvents, span.droppedLinks]
  if (span.flags > 1) extra.f = span.flags
  if (isOpen) extra.open = 1
  if (isSkewed) extra.skew = 1
  return JSON.stringify(extra)
}

/** Nearly all spans come with one of a few. */
const FLAGS_TEXTS = new Map<number, string>()

function flagsText(flags: number): string {
  let text = FLAGS_TEXTS.get(flags)
  if (text === undefined) {
    text = JSON.stringify({ f: flags } satisfies SpanExtra)
    if (FLAGS_TEXTS.size < 100) FLAGS_TEXTS.set(flags, text)
  }
  return text
}

const FLAGS_EXTRAS = new Map<string, SpanExtra>()

export function parseExtra(text: string): SpanExtra {
  if (!text.startsWith('{"f":')) return readObject<SpanExtra>(text)
  let extra = FLAGS_EXTRAS.get(text)
  if (extra === undefined) {
    extra = Object.freeze(JSON.parse(text) as SpanExtra)
    if (FLAGS_EXTRAS.size < 100) FLAGS_EXTRAS.set(text, extra)
  }
  return extra
}

function hasFlagsOnly(span: DecodedSpan): boolean {
  return (
    span.statusMessage === '' &&
    span.traceState === '' &&
    span.events.length === 0 &&
    span.links.length === 0 &&
    span.droppedAttributes === 0 &&
    span.droppedEvents === 0 &&
    span.droppedLinks === 0
  )
}
