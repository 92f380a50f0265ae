/** Joins encoded items with their resource and scopes into one OTLP export request. The three signals have the same frame. */
import type { Resource } from '@opentelemetry/resources'
import { ITEM_LIMIT_BYTES, toCount, toText } from './encode-common.ts'
import { type Attributes, writeAttributes } from './encode-values.ts'
import { ProtobufWriter, varintSize } from './protobuf-writer.ts'
import { DEFAULT_REDACTOR, type Redactor } from './redaction/redactor.ts'

/** An instrumentation scope as the SDKs pass it. */
export interface Scope {
  readonly name: string
  readonly version?: string | undefined
  readonly schemaUrl?: string | undefined
  readonly attributes?: Attributes
  readonly droppedAttributesCount?: number | undefined
}

/** Items of one resource and scope, of which a request may have several; `items` holds them encoded, one after the other. */
export interface Section {
  readonly resource: Resource
  readonly scope: Scope
  readonly items: Uint8Array
}

interface Frame {
  readonly redactor: Redactor
  readonly head: Buffer
  readonly tail: Buffer
  /** Its bytes: scopes which say the same have the same. */
  readonly key: string
}

const EMPTY = Buffer.alloc(0)
const scopeFrames = new WeakMap<Scope, Frame>()
const resourceFrames = new WeakMap<Resource, Frame>()

/**
 * The bytes of an ExportTraceServiceRequest, ExportLogsServiceRequest or ExportMetricsServiceRequest. Sections of one scope become one, unless
 * `isOrdered`: then only those that follow each other.
 */
export function encodeRequest(
  sections: readonly Section[],
  isOrdered = false,
  redactor: Redactor = DEFAULT_REDACTOR,
): Buffer {
  const byResource = new Map<Resource, FramedScope[]>()
  for (const { resource, scope, items } of sections) {
    const scopes = byResource.get(resource) ?? []
    byResource.set(resource, scopes)
    const frame = scopeFrame(scope, redactor)
    const candidate = isOrdered ? scopes.at(-1) : scopes.find((other) => other.frame.key === frame.key)
    if (candidate?.frame.key === frame.key) candidate.parts.push(items)
    else scopes.push({ frame, parts: [items] })
  }
  const groups = Array.from(byResource, ([resource, scopes]) => ({ frame: resourceFrame(resource, redactor), scopes }))
  const size = groups.reduce((sum, { frame, scopes }) => sum + 16 + sizeOf(frame, scopes), 0)
  const writer = new ProtobufWriter(size, takeBuffer(size))
  for (const { frame, scopes } of groups) {
    writer.tag(0x0a)
    writer.varint(sizeOf(frame, scopes))
    writer.raw(frame.head)
    for (const scope of scopes) {
      writer.tag(0x12)
      writer.varint(scopeSize(scope))
      writer.raw(scope.frame.head)
      for (const items of scope.parts) writer.raw(items)
      writer.raw(scope.frame.tail)
    }
    writer.raw(frame.tail)
  }
  return writer.written()
}

const POOL_SIZE = 2
const POOLED_BYTES = 1024 * 1024
const pool: Buffer<ArrayBuffer>[] = []

function takeBuffer(size: number): Buffer<ArrayBuffer> | undefined {
  const index = pool.findIndex((buffer) => buffer.length >= size)
  return index < 0 ? undefined : pool.splice(index, 1)[0]
}

/** Takes back a request nobody reads any more: fresh memory for each costs as much as filling it. */
export function recycle(request: Buffer): void {
  const { buffer } = request
  if (pool.length < POOL_SIZE && buffer.byteLength <= POOLED_BYTES) pool.push(Buffer.from(buffer as ArrayBuffer))
}

interface FramedScope {
  readonly frame: Frame
  readonly parts: Uint8Array[]
}

const scopeSize = ({ frame, parts }: FramedScope): number =>
  parts.reduce((size, items) => size + items.length, frame.head.length + frame.tail.length)

function sizeOf(frame: Frame, scopes: readonly FramedScope[]): number {
  let size = frame.head.length + frame.tail.length
  for (const scope of scopes) {
    const length = scopeSize(scope)
    size += 1 + varintSize(length) + length
  }
  return size
}

const frameOf = (redactor: Redactor, head: Buffer, tail: Buffer): Frame => ({
  redactor,
  head,
  tail,
  key: `${head.toString('latin1')}/${tail.toString('latin1')}`,
})

function scopeFrame(scope: Scope, redactor: Redactor): Frame {
  const cached = scopeFrames.get(scope)
  if (cached?.redactor === redactor) return cached
  const frame = frameOf(redactor, encodeScope(scope, redactor), encodeSchemaUrl(scope.schemaUrl))
  scopeFrames.set(scope, frame)
  return frame
}

function encodeScope(scope: Scope, redactor: Redactor): Buffer {
  const writer = new ProtobufWriter(256)
  writer.tag(0x0a)
  const message = writer.beginMessage()
  writer.tag(0x0a)
  writer.string(toText(scope.name))
  if (scope.version) {
    writer.tag(0x12)
    writer.string(toText(scope.version))
  }
  const dropped =
    toCount(scope.droppedAttributesCount) + writeAttributes(writer, 0x1a, scope.attributes, ITEM_LIMIT_BYTES, redactor)
  if (dropped > 0) {
    writer.tag(0x20)
    writer.varint(dropped)
  }
  writer.endMessage(message)
  return writer.written()
}

function encodeSchemaUrl(url: string | undefined): Buffer {
  if (!url) return EMPTY
  const writer = new ProtobufWriter(128)
  writer.tag(0x1a)
  writer.string(toText(url))
  return writer.written()
}

// kept only once its attributes have settled
function resourceFrame(resource: Resource, redactor: Redactor): Frame {
  const cached = resourceFrames.get(resource)
  if (cached?.redactor === redactor) return cached
  const frame = frameOf(redactor, encodeResource(resource, redactor), encodeSchemaUrl(resource.schemaUrl))
  if (!resource.asyncAttributesPending) resourceFrames.set(resource, frame)
  return frame
}

function encodeResource(resource: Resource, redactor: Redactor): Buffer {
  const writer = new ProtobufWriter(1024)
  writer.tag(0x0a)
  const message = writer.beginMessage(2)
  writeAttributes(writer, 0x0a, settledAttributes(resource), ITEM_LIMIT_BYTES, redactor)
  writer.endMessage(message, 2)
  return writer.written()
}

/** `resource.attributes` complains while some are pending, so the settled ones are picked from the raw list. */
export function settledAttributes(resource: Resource): Attributes {
  if (!resource.asyncAttributesPending) return resource.attributes
  const settled: Record<string, unknown> = Object.create(null)
  for (const [key, value] of resource.getRawAttributes()) {
    const isPending = typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
    if (!isPending && value !== undefined && value !== null) settled[key] ??= value
  }
  return settled
}
