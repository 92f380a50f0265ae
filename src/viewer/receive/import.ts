/** Imports what was exported here or elsewhere: OTLP, Jaeger, Zipkin and Tempo, as JSON, gzip of it, or a zip of such files (Aspire). */
import { gunzipSync } from 'node:zlib'
import { unzipSync } from 'fflate'
import { parseJsonLines } from '../../wire/decode.ts'
import { decodeAny } from '../../wire/decode-any.ts'
import type { Decoded } from '../../wire/decode-types.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { ImportResult } from '../api.ts'
import type { Store } from '../store/store.ts'
import { DEFAULT_BODY_LIMITS, HttpError } from './body.ts'

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
    return textsOf(bytes).flatMap((text) => [...parseJsonLines(text)].flatMap(decodeAny))
  } catch (error) {
    if (error instanceof WireError)
      throw new HttpError(400, 'bad_request', `This file can't be imported: ${error.message}.`)
    throw error
  }
}

function textsOf(bytes: Buffer): string[] {
  const isZip = bytes.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004', 'latin1'))
  if (isZip) return textsOfZip(bytes)
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  return [(isGzip ? unpack(() => gunzipSync(bytes, { maxOutputLength: LIMIT })) : bytes).toString('utf8')]
}

const LIMIT = 4 * DEFAULT_BODY_LIMITS.maxDecodedBytes

function textsOfZip(bytes: Buffer): string[] {
  let total = 0
  const files = unpack(() =>
    unzipSync(bytes, {
      filter({ name, originalSize }) {
        const isData = /\.(json|jsonl|ndjson)$/i.test(name)
        if (isData) total += originalSize
        if (total > LIMIT) throw new WireError(`it unfolds to more than ${LIMIT} bytes`)
        return isData
      },
    }),
  )
  return Object.values(files).map((file) => Buffer.from(file).toString('utf8'))
}

function unpack<Value>(run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    throw error instanceof WireError ? error : new WireError(`it can't be unpacked: ${(error as Error).message}`)
  }
}
