/** Decodes ExportLogsServiceRequest. */
import { readAttribute, readRequest, readValue } from './decode-common.ts'
import type { DecodedLog, Group } from './decode-types.ts'
import type { ProtobufReader } from './protobuf-reader.ts'

/** @throws {WireError} when the bytes are malformed */
export function decodeLogs(bytes: Uint8Array): Group<DecodedLog>[] {
  return readRequest(bytes, readLogRecord)
}

function readLogRecord(reader: ProtobufReader, end: number): DecodedLog {
  const log: DecodedLog = {
    timeUs: 0,
    remainderNs: 0,
    observedUs: 0,
    severityNumber: 0,
    severityText: '',
    body: null,
    attributes: {},
    droppedAttributes: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
  }
  while (reader.position < end) {
    const tag = reader.tag(end)
    switch (tag) {
      case 9:
        log.timeUs = reader.timeUs(end)
        log.remainderNs = reader.remainderNs
        break
      case 16:
        log.severityNumber = reader.uint32(end)
        break
      case 26:
        log.severityText = reader.string(end)
        break
      case 42:
        log.body = readValue(reader, reader.enter(end))
        break
      case 50:
        readAttribute(reader, reader.enter(end), log.attributes)
        break
      case 56:
        log.droppedAttributes = reader.uint32(end)
        break
      case 69:
        log.flags = reader.fixed32(end)
        break
      case 74:
        log.traceId = reader.traceId(end)
        break
      case 82:
        log.spanId = reader.spanId(end)
        break
      case 89:
        log.observedUs = reader.timeUs(end)
        break
      case 98:
        log.eventName = reader.string(end)
        break
      default:
        reader.skip(tag, end)
    }
  }
  return log
}
