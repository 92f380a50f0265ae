/** One span as OTLP protobuf. */
import type { Link, SpanContext } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { ITEM_LIMIT_BYTES, isValidTime, toCount, toText, writeAttributes, writeTime } from './encode-common.ts'
import { writeRepeatingAttributes } from './encode-repeats.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200

/** Appends a span as an entry of ScopeSpans.spans. Throws only when the span itself cannot be read; the writer is then as before. */
export function encodeSpan(writer: ProtobufWriter, span: ReadableSpan): void {
  const start = writer.pos
  try {
    writer.tag(0x12)
    const message = writer.beginMessage(2)
    writeSpan(writer, span, start + ITEM_LIMIT_BYTES)
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
function writeSpan(writer: ProtobufWriter, span: ReadableSpan, limit: number): void {
  const context = span.spanContext()
  const parent = span.parentSpanContext
  writer.tag(0x0a)
  writer.hexId(context.traceId, 16)
  // the spans of one parent have both in common
  if (parent?.spanId) {
    writer.tag(0x22)
    writer.hexId(parent.spanId, 8)
  }
  writer.tag(0x12)
  writer.hexId(context.spanId, 8)
  writer.tag(0x39)
  writeTime(writer, span.startTime)
  writer.tag(0x41)
  writeTime(writer, isValidTime(span.endTime) ? span.endTime : span.startTime)
  writeFlags(writer, 0x85, context.traceFlags, parent?.isRemote)
  writeTraceState(writer, context)
  const name = toText(span.name)
  writer.tag(0x2a)
  writer.string(name)
  writer.tag(0x30)
  writer.varint(span.kind >= 0 && span.kind <= 4 ? span.kind + 1 : 1)
  const dropped =
    toCount(span.droppedAttributesCount) + writeRepeatingAttributes(writer, 0x4a, span.attributes, limit, name)
  writeCount(writer, 0x50, dropped)
  writeEvents(writer, span, limit)
  writeLinks(writer, span, limit)
  writeStatus(writer, span)
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

function writeEvents(writer: ProtobufWriter, span: ReadableSpan, limit: number): void {
  let dropped = toCount(span.droppedEventsCount)
  for (const event of span.events) {
    if (writer.pos > limit) {
      dropped++
      continue
    }
    writer.tag(0x5a)
    const message = writer.beginMessage()
    writer.tag(0x09)
    writeTime(writer, isValidTime(event.time) ? event.time : span.startTime)
    writer.tag(0x12)
    writer.string(toText(event.name))
    writeCount(
      writer,
      0x20,
      toCount(event.droppedAttributesCount) + writeAttributes(writer, 0x1a, event.attributes, limit),
    )
    writer.endMessage(message)
  }
  writeCount(writer, 0x60, dropped)
}

function writeLinks(writer: ProtobufWriter, span: ReadableSpan, limit: number): void {
  let dropped = toCount(span.droppedLinksCount)
  for (const link of span.links) {
    if (writer.pos > limit || !isLink(link)) {
      dropped++
      continue
    }
    writer.tag(0x6a)
    const message = writer.beginMessage()
    writer.tag(0x0a)
    writer.hexId(link.context.traceId, 16)
    writer.tag(0x12)
    writer.hexId(link.context.spanId, 8)
    writeTraceState(writer, link.context)
    writeCount(
      writer,
      0x28,
      toCount(link.droppedAttributesCount) + writeAttributes(writer, 0x22, link.attributes, limit),
    )
    writeFlags(writer, 0x35, link.context.traceFlags, link.context.isRemote)
    writer.endMessage(message)
  }
  writeCount(writer, 0x70, dropped)
}

const isLink = (link: Link | null | undefined): boolean =>
  typeof link?.context?.traceId === 'string' && typeof link.context.spanId === 'string'

function writeStatus(writer: ProtobufWriter, span: ReadableSpan): void {
  const { status } = span
  const code = status?.code
  if (code !== 1 && code !== 2) return
  writer.tag(0x7a)
  const message = writer.beginMessage()
  if (status.message) {
    writer.tag(0x12)
    writer.string(toText(status.message))
  }
  writer.tag(0x18)
  writer.varint(code)
  writer.endMessage(message)
}
