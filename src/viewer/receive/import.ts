/** Imports what was exported here or elsewhere: OTLP, Jaeger, Zipkin and Tempo, packed or not. */

import { parseJsonLines } from '../../wire/decode.ts'
import { decodeAny, decodeAnyProtobuf } from '../../wire/decode-any.ts'
import type { Decoded, DecodedSpan } from '../../wire/decode-types.ts'
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
  const { spans, logs, metricPoints, rejected, reason } = store.add(decoded)
  if (rejected > 0 && spans + logs + metricPoints === 0)
    throw new HttpError(400, 'bad_request', `Nothing of this file was stored: ${reason}.`)
  const first = decoded.traces.flatMap(({ items }) => items)[0]?.traceId ?? null
  return { spans, logs, metricPoints, rejected, traceId: spans > 0 ? first : null }
}

/** Aspire writes a trace into the file of each of its services: what an earlier file has is left out. */
function withoutRepeats(files: readonly (readonly Decoded[])[]): Decoded[] {
  const seen = new Set<string>()
  const keyOf = ({ traceId, spanId, kind, startUs, name }: DecodedSpan) =>
    `${traceId} ${spanId} ${kind} ${startUs} ${name}`
  return files.flatMap((requests) => {
    const added = requests.flatMap(({ traces }) => traces.flatMap(({ items }) => items.map(keyOf)))
    const isNew = (span: DecodedSpan) => !seen.has(keyOf(span))
    const left = requests.map((request) => ({
      ...request,
      traces: request.traces.map((group) => ({ ...group, items: group.items.filter(isNew) })),
    }))
    for (const key of added) seen.add(key)
    return left
  })
}

function readRequests(bytes: Buffer): Decoded[] {
  try {
    const files = unpackFiles(bytes).filter(({ length }) => length > 0)
    if (files.length === 0) throw new WireError('it is empty')
    return files.length === 1 ? readFile(files[0]!) : withoutRepeats(files.map(readFile))
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

/** Without a byte order mark; PowerShell writes UTF-16, where every second byte of JSON's beginning is 0. */
function textOf(bytes: Buffer): string {
  const mark = bytes.readUIntBE(0, Math.min(2, bytes.length) || 1)
  const isLittle = mark === 0xfffe || mark === 0x7b00 || mark === 0x5b00
  const isBig = mark === 0xfeff || mark === 0x007b || mark === 0x005b
  return new TextDecoder(isLittle ? 'utf-16le' : isBig ? 'utf-16be' : 'utf-8').decode(bytes)
}
