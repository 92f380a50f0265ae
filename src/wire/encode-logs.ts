/** One log record as OTLP protobuf. */
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { ITEM_LIMIT_BYTES, isValidTime, toCount, toText, writeTime } from './encode-common.ts'
import { writeAttributes, writeValueField } from './encode-values.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { DEFAULT_REDACTOR, type Redactor } from './redaction/redactor.ts'

/** Appends a log record as an entry of ScopeLogs.log_records. Throws only when the record itself cannot be read; the writer is then as before. */
export function encodeLogRecord(
  writer: ProtobufWriter,
  record: ReadableLogRecord,
  redactor: Redactor = DEFAULT_REDACTOR,
): void {
  if (redactor.isBusy) throw new Error('made by the function redaction.redact')
  const start = writer.pos
  try {
    writer.tag(0x12)
    const message = writer.beginMessage(2)
    writeLogRecord(writer, record, start + ITEM_LIMIT_BYTES, redactor)
    writer.endMessage(message, 2)
  } catch (error) {
    writer.pos = start
    throw error
  }
}

function writeLogRecord(writer: ProtobufWriter, record: ReadableLogRecord, limit: number, redactor: Redactor): void {
  writer.tag(0x09)
  writeTime(writer, isValidTime(record.hrTime) ? record.hrTime : record.hrTimeObserved)
  const severity = toCount(record.severityNumber)
  if (severity > 0 && severity <= 24) {
    writer.tag(0x10)
    writer.varint(severity)
  }
  if (record.severityText) {
    writer.tag(0x1a)
    writer.string(toText(record.severityText))
  }
  if (record.body !== undefined && record.body !== null)
    writeValueField(writer, 0x2a, 'body', record.body, limit, redactor)
  const dropped =
    toCount(record.droppedAttributesCount) + writeAttributes(writer, 0x32, record.attributes, limit, redactor)
  if (dropped > 0) {
    writer.tag(0x38)
    writer.varint(dropped)
  }
  const context = record.spanContext
  if (context) {
    writer.tag(0x45)
    writer.fixed32(context.traceFlags & 0xff)
    writer.hexId(0x4a, context.traceId, 16)
    writer.hexId(0x52, context.spanId, 8)
  }
  writer.tag(0x59)
  writeTime(writer, record.hrTimeObserved)
  if (record.eventName) {
    writer.tag(0x62)
    writer.string(redactor.text('event.name', toText(record.eventName)))
  }
}
