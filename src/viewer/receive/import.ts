/** Imports what was exported here or elsewhere: OTLP, Jaeger, Zipkin and Tempo, packed or not. */

import { parseJsonLines } from '../../wire/decode.ts'
import { decodeAny, decodeAnyProtobuf } from '../../wire/decode-any.ts'
import type { Decoded } from '../../wire/decode-types.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { ImportResult } from '../api.ts'
import type { Store } from '../store/store.ts'
import { HttpError } from './body.ts'
import { unpackFiles } from './unpack-files.ts'

/** All or nothing: a file that is broken in the middle stores nothing. */
export function importTelemetry(store: Store, bytes: Buffer): ImportResult {
  const requests = readRequests(bytes)
  const decoded: Decoded = {
    traces: requests.flatMap(({ traces }) => traces),
    logs: requests.flatMap(({ logs }) => logs),
    metrics: requests.flatMap(({ metrics }) => metrics),
  }
  const isEmpty = [decoded.traces, decoded.logs, decoded.metrics].every((groups) =>
    groups.every(({ items }) => items.length === 0),
  )
  if (isEmpty) throw new HttpError(400, 'bad_request', 'There is no span, log record or metric in this file.')
  const { spans, logs, metricPoints, rejected } = store.add(decoded)
  const first = decoded.traces.flatMap(({ items }) => items)[0]?.traceId ?? null
  return { spans, logs, metricPoints, rejected, traceId: spans > 0 ? first : null }
}

function readRequests(bytes: Buffer): Decoded[] {
  try {
    const files = unpackFiles(bytes).filter(({ length }) => length > 0)
    if (files.length === 0) throw new WireError('it is empty')
    return files.flatMap(readFile)
  } catch (error) {
    if (error instanceof WireError)
      throw new HttpError(400, 'bad_request', `This file can't be imported: ${error.message}.`)
    throw error
  }
}

/** Protobuf begins with a line feed, which may stand before JSON too. */
function readFile(bytes: Buffer): Decoded[] {
  try {
    return [...parseJsonLines(textOf(bytes))].flatMap(decodeAny)
  } catch (error) {
    const decoded = error instanceof WireError ? decodeAnyProtobuf(bytes) : undefined
    if (decoded === undefined) throw error
    return decoded
  }
}

/** Without a byte order mark; PowerShell writes UTF-16. */
function textOf(bytes: Buffer): string {
  const mark = bytes.readUIntBE(0, Math.min(2, bytes.length) || 1)
  return new TextDecoder(mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8').decode(bytes)
}
