/** Decodes ExportTraceServiceRequest. */
import { emptySpan, readAttribute, readRequest } from './decode-common.ts'
import { RepeatTable } from './decode-repeats.ts'
import type { DecodedEvent, DecodedLink, DecodedSpan, Group, SharedAttributes, ValueMap } from './decode-types.ts'
import type { ProtobufReader } from './protobuf-reader.ts'

const ATTRIBUTE = 74
const NONE: ValueMap = Object.freeze({})
const MAX_SHARED_BYTES = 1024
const SHARED = new RepeatTable<SharedAttributes>(4096)

/** @throws {WireError} when the bytes are malformed */
export function decodeTraces(bytes: Uint8Array): Group<DecodedSpan>[] {
  return readRequest(bytes, readSpan)
}

function readSpan(reader: ProtobufReader, end: number): DecodedSpan {
  const span = emptySpan(NONE)
  while (reader.position < end) {
    const tag = reader.tag(end)
    switch (tag) {
      case 10:
        span.traceId = reader.traceId(end)
        break
      case 18:
        span.spanId = reader.spanId(end)
        break
      case 26:
        span.traceState = reader.string(end)
        break
      case 34:
        span.parentSpanId = reader.spanId(end)
        break
      case 42:
        span.name = reader.string(end)
        break
      case 48:
        span.kind = reader.uint32(end)
        break
      case 57:
        span.startUs = reader.timeUs(end)
        span.startRemainderNs = reader.remainderNs
        break
      case 65:
        span.endUs = reader.timeUs(end)
        span.endRemainderNs = reader.remainderNs
        break
      case ATTRIBUTE:
        readAttributes(reader, end, span)
        break
      case 80:
        span.droppedAttributes = reader.uint32(end)
        break
      case 90:
        span.events.push(readEvent(reader, reader.enter(end)))
        break
      case 96:
        span.droppedEvents = reader.uint32(end)
        break
      case 106:
        span.links.push(readLink(reader, reader.enter(end)))
        break
      case 112:
        span.droppedLinks = reader.uint32(end)
        break
      case 122:
        readStatus(reader, reader.enter(end), span)
        break
      case 133:
        span.flags = reader.fixed32(end)
        break
      default:
        reader.skip(tag, end)
    }
  }
  return span
}

/** All attributes that follow each other: looked up as one, decoded when they are not known. */
function readAttributes(reader: ProtobufReader, end: number, span: DecodedSpan): void {
  const start = reader.position
  do reader.position = reader.enter(end)
  while (reader.isNext(ATTRIBUTE, end) && ++reader.position)
  const inner = reader.position
  const isShareable = span.attributes === NONE && inner - start <= MAX_SHARED_BYTES
  reader.position = start
  span.shared = isShareable ? reader.findRepeat(SHARED, inner) : undefined
  if (span.shared !== undefined) {
    span.attributes = span.shared.values
    return
  }
  const values = span.attributes === NONE ? {} : { ...span.attributes }
  reader.position = start
  for (;;) {
    readAttribute(reader, reader.enter(end), values)
    if (reader.position >= inner) break
    reader.position++
  }
  span.attributes = values
  if (!isShareable) return
  const shared: SharedAttributes = { values, derived: undefined }
  if (reader.offerRepeat(SHARED, start, shared)) span.shared = shared
}

function readStatus(reader: ProtobufReader, end: number, span: DecodedSpan): void {
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 18) span.statusMessage = reader.string(end)
    else if (tag === 24) span.statusCode = reader.uint32(end)
    else reader.skip(tag, end)
  }
}

function readEvent(reader: ProtobufReader, end: number): DecodedEvent {
  const event: DecodedEvent = { name: '', timeUs: 0, remainderNs: 0, attributes: {}, droppedAttributes: 0 }
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 9) {
      event.timeUs = reader.timeUs(end)
      event.remainderNs = reader.remainderNs
    } else if (tag === 18) event.name = reader.string(end)
    else if (tag === 26) readAttribute(reader, reader.enter(end), event.attributes)
    else if (tag === 32) event.droppedAttributes = reader.uint32(end)
    else reader.skip(tag, end)
  }
  return event
}

function readLink(reader: ProtobufReader, end: number): DecodedLink {
  const link: DecodedLink = { traceId: '', spanId: '', traceState: '', attributes: {}, droppedAttributes: 0, flags: 0 }
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) link.traceId = reader.traceId(end)
    else if (tag === 18) link.spanId = reader.spanId(end)
    else if (tag === 26) link.traceState = reader.string(end)
    else if (tag === 34) readAttribute(reader, reader.enter(end), link.attributes)
    else if (tag === 40) link.droppedAttributes = reader.uint32(end)
    else if (tag === 53) link.flags = reader.fixed32(end)
    else reader.skip(tag, end)
  }
  return link
}
