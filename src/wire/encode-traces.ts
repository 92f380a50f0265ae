/** One span as OTLP protobuf. */
import type { Link, SpanContext, SpanStatus } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { ITEM_LIMIT_BYTES, isTime, isValidTime, toCount, toText, writeSeconds, writeTime } from './encode-common.ts'
import { writeFlatAttributes, writeRepeatingAttributes } from './encode-repeats.ts'
import { writeAttributes } from './encode-values.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { type RecordedSpan, recordedSpan } from './recorded-span.ts'
import { databaseOf } from './redaction/neighbours.ts'
import { DEFAULT_REDACTOR, type Redactor } from './redaction/redactor.ts'

const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200
const NONE: readonly never[] = []

/** Appends a span as an entry of ScopeSpans.spans. Throws only when the span itself cannot be read; the writer is then as before. */
export function encodeSpan(writer: ProtobufWriter, span: ReadableSpan, redactor: Redactor = DEFAULT_REDACTOR): void {
  if (redactor.isBusy) throw new Error('made by the function redaction.redact')
  const start = writer.pos
  try {
    writer.tag(0x12)
    const message = writer.beginMessage(2)
    writeSpan(writer, span, start + ITEM_LIMIT_BYTES, redactor)
    writer.endMessage(message, 2)
  } catch (error) {
    writer.pos = start
    throw error
  }
}

/**
 * What differs from span to span comes first, and what repeats follows in one piece: deflate pays for each piece. Receivers take fields in
 * any order.
 */
function writeSpan(writer: ProtobufWriter, span: ReadableSpan, limit: number, common: Redactor): void {
  const own = recordedSpan(span)
  const redactor = common.forSystem(databaseOf(span, own?._flat))
  const context = span.spanContext()
  const parent = span.parentSpanContext
  writer.hexId(0x0a, context.traceId, 16)
  if (parent?.spanId) writer.hexId(0x22, parent.spanId, 8)
  writer.hexId(0x12, context.spanId, 8)
  if (own) writeOwnTimes(writer, own)
  else writeTimes(writer, span)
  writeFlags(writer, 0x85, context.traceFlags, parent?.isRemote)
  writeTraceState(writer, context)
  const name = redactor.name(toText(span.name))
  writer.tag(0x2a)
  writer.string(name)
  writer.tag(0x30)
  writer.varint(span.kind >= 0 && span.kind <= 4 ? span.kind + 1 : 1)
  const left = own
    ? writeFlatAttributes(writer, 0x4a, own._flat!, limit, name, redactor)
    : writeRepeatingAttributes(writer, 0x4a, span.attributes, limit, name, redactor)
  writeCount(writer, 0x50, toCount(span.droppedAttributesCount) + left)
  writeEvents(writer, span, own ? own._events : span.events, limit, redactor)
  writeLinks(writer, span, own ? own._links : span.links, limit, redactor)
  writeStatus(writer, own ? own._status : span.status, redactor)
}

function writeTimes(writer: ProtobufWriter, { startTime, endTime }: ReadableSpan): void {
  writer.tag(0x39)
  writeTime(writer, startTime)
  writer.tag(0x41)
  writeTime(writer, isValidTime(endTime) ? endTime : startTime)
}

function writeOwnTimes(writer: ProtobufWriter, span: RecordedSpan): void {
  if (!isTime(span._startSeconds, span._startNanos) || !isTime(span._endSeconds, span._endNanos)) {
    writeTimes(writer, span)
    return
  }
  writer.tag(0x39)
  writeSeconds(writer, span._startSeconds, span._startNanos)
  writer.tag(0x41)
  writeSeconds(writer, span._endSeconds, span._endNanos)
}

function writeTraceState(writer: ProtobufWriter, { traceState }: SpanContext): void {
  if (!traceState) return
  const state = traceState.serialize()
  if (!state) return
  writer.tag(0x1a)
  writer.string(toText(state))
}

function writeFlags(writer: ProtobufWriter, tag: number, traceFlags: number, isRemote: boolean | undefined): void {
  writer.tag(tag)
  writer.fixed32((traceFlags & 0xff) | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0))
}

function writeCount(writer: ProtobufWriter, tag: number, count: number): void {
  if (count === 0) return
  writer.tag(tag)
  writer.varint(count)
}

type Events = ReadableSpan['events']

function writeEvents(
  writer: ProtobufWriter,
  span: ReadableSpan,
  events: Events | undefined,
  limit: number,
  redactor: Redactor,
): void {
  let dropped = toCount(span.droppedEventsCount)
  for (const event of events ?? NONE) {
    if (writer.pos > limit) {
      dropped++
      continue
    }
    writer.tag(0x5a)
    const message = writer.beginMessage()
    writer.tag(0x09)
    writeTime(writer, isValidTime(event.time) ? event.time : span.startTime)
    writer.tag(0x12)
    writer.string(redactor.text('event.name', toText(event.name)))
    writeCount(
      writer,
      0x20,
      toCount(event.droppedAttributesCount) + writeAttributes(writer, 0x1a, event.attributes, limit, redactor),
    )
    writer.endMessage(message)
  }
  writeCount(writer, 0x60, dropped)
}

function writeLinks(
  writer: ProtobufWriter,
  span: ReadableSpan,
  links: readonly Link[] | undefined,
  limit: number,
  redactor: Redactor,
): void {
  let dropped = toCount(span.droppedLinksCount)
  for (const link of links ?? NONE) {
    if (writer.pos > limit || !isLink(link)) {
      dropped++
      continue
    }
    writer.tag(0x6a)
    const message = writer.beginMessage()
    writer.hexId(0x0a, link.context.traceId, 16)
    writer.hexId(0x12, link.context.spanId, 8)
    writeTraceState(writer, link.context)
    writeCount(
      writer,
      0x28,
      toCount(link.droppedAttributesCount) + writeAttributes(writer, 0x22, link.attributes, limit, redactor),
    )
    writeFlags(writer, 0x35, link.context.traceFlags, link.context.isRemote)
    writer.endMessage(message)
  }
  writeCount(writer, 0x70, dropped)
}

const isLink = (link: Link | null | undefined): boolean =>
  typeof link?.context?.traceId === 'string' && typeof link.context.spanId === 'string'

function writeStatus(writer: ProtobufWriter, status: SpanStatus | undefined, redactor: Redactor): void {
  if (status?.code !== 1 && status?.code !== 2) return
  writer.tag(0x7a)
  const message = writer.beginMessage()
  if (status.message) {
    writer.tag(0x12)
    writer.string(redactor.text('status.message', toText(status.message)))
  }
  writer.tag(0x18)
  writer.varint(status.code)
  writer.endMessage(message)
}
