/** Counts the spans, attributes, log records and metric points in what arms send. */
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { decodeJsonText, decodeProtobuf } from '../src/wire/decode.ts'
import type { Decoded } from '../src/wire/decode-types.ts'
import { decodeMsgpack, type Packed } from './msgpack.ts'

/** One request as it came. */
export interface Post {
  readonly path: string
  readonly type: string
  readonly encoding: string | undefined
  readonly body: Buffer
}

export interface Tally {
  requests: number
  /** On the wire, as compressed as they came, without headers. */
  bytes: number
  spanBytes: number
  spans: number
  attributes: number
  logs: number
  metrics: number
  /** Span name -> count. */
  names: Record<string, number>
  /** Bodies that could not be read: a figure above 0 makes the others wrong. */
  unread: number
  /** Why the first of them could not. */
  reason: string
}

export const EMPTY_TALLY: Tally = {
  requests: 0,
  bytes: 0,
  spanBytes: 0,
  spans: 0,
  attributes: 0,
  logs: 0,
  metrics: 0,
  names: {},
  unread: 0,
  reason: '',
}

/** A reducer: adds one request to the counters. */
export function tallyOf(tally: Tally, post: Post): Tally {
  tally.requests++
  tally.bytes += post.body.length
  const before = tally.spans
  try {
    count(tally, post)
  } catch (error) {
    tally.unread++
    tally.reason ||= `${post.path} ${post.type}: ${(error as Error).message}`
  }
  if (tally.spans > before) tally.spanBytes += post.body.length
  return tally
}

function count(tally: Tally, post: Post): void {
  const body = inflate(post)
  if (/^\/v0\.\d\/traces/.test(post.path)) countDatadog(tally, post.path, body)
  else if (post.path.endsWith('/envelope/')) countSentry(tally, body)
  else if (post.path.endsWith('/track')) countAzure(tally, body)
  else if (post.path.includes('/v1/')) countOtlp(tally, post, body)
}

function inflate({ encoding, body }: Post): Buffer {
  if (encoding === 'gzip') return gunzipSync(body)
  if (encoding === 'deflate') return inflateSync(body)
  if (encoding === 'br') return brotliDecompressSync(body)
  if (encoding === 'zstd') return zstdDecompressSync(body)
  return body
}

function addSpan(tally: Tally, name: unknown, attributes: number): void {
  tally.spans++
  tally.attributes += attributes
  tally.names[String(name)] = (tally.names[String(name)] ?? 0) + 1
}

const keys = (value: unknown): number => (value ? Object.keys(value as object).length : 0)

function countOtlp(tally: Tally, { path, type }: Post, body: Buffer): void {
  const signal = path.slice(path.lastIndexOf('/') + 1) as keyof Decoded
  const decoded = type.includes('json') ? decodeJsonText(body.toString()) : decodeProtobuf(signal, body)
  for (const { items } of decoded.traces)
    for (const { name, attributes } of items) addSpan(tally, name, keys(attributes))
  for (const { items } of decoded.logs) tally.logs += items.length
  for (const { items } of decoded.metrics) tally.metrics += items.length
}

type Fields = { [key: string]: Packed }

function countDatadog(tally: Tally, path: string, body: Buffer): void {
  const decoded = decodeMsgpack(body) as Packed[]
  // v0.5 is [strings, traces], a span an array of references to the strings; v0.4 is traces of span maps
  const [strings, traces] = path.startsWith('/v0.5') ? (decoded as [string[], Packed[]]) : [undefined, decoded]
  for (const trace of traces as Packed[][])
    for (const span of trace) {
      if (strings) {
        const row = span as Packed[]
        addSpan(tally, strings[Number(row[1])], keys(row[9]) + keys(row[10]))
      } else
        addSpan(tally, (span as Fields)['name'], keys((span as Fields)['meta']) + keys((span as Fields)['metrics']))
    }
}

interface SentrySpan {
  readonly op?: string
  readonly description?: string
  readonly name?: string
  readonly data?: object
  readonly attributes?: object
}

/** An envelope is a header line, then a header line and a body for each item. */
function countSentry(tally: Tally, body: Buffer): void {
  const lines = body.toString().split('\n')
  for (let index = 1; index + 1 < lines.length; index += 2) {
    const { type } = JSON.parse(lines[index]!) as { type?: string }
    const item = JSON.parse(lines[index + 1]!) as {
      transaction?: string
      contexts?: { trace?: SentrySpan }
      spans?: SentrySpan[]
      items?: SentrySpan[]
    }
    if (type === 'transaction') {
      addSpan(tally, item.transaction, keys(item.contexts?.trace?.data))
      for (const span of item.spans ?? []) addSpan(tally, span.description ?? span.op, keys(span.data))
    } else if (type === 'span') {
      for (const span of item.items ?? [item as SentrySpan])
        addSpan(tally, span.name ?? span.description, keys(span.attributes ?? span.data))
    }
  }
}

interface AzureItem {
  readonly data?: { readonly baseType?: string; readonly baseData?: Record<string, unknown> }
}

const AZURE_SPANS = new Set(['RequestData', 'RemoteDependencyData'])

/** A JSON array, or one JSON object a line. */
function countAzure(tally: Tally, body: Buffer): void {
  const text = body.toString().trim()
  const items = (
    text.startsWith('[') ? JSON.parse(text) : text.split('\n').map((line) => JSON.parse(line))
  ) as AzureItem[]
  for (const { data } of items) {
    const fields = data?.baseData ?? {}
    if (AZURE_SPANS.has(data?.baseType ?? '')) addSpan(tally, fields['name'], keys(fields) + keys(fields['properties']))
    else if (data?.baseType === 'MetricData') tally.metrics++
    else tally.logs++
  }
}
