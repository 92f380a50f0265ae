/** The parts that the three signals share: values, attributes, resources, scopes, and the request > resource > scope > item nesting. */

import { checkItems } from './decode-limits.ts'
import type { DecodedResource, DecodedScope, DecodedSpan, Group, Value, ValueMap } from './decode-types.ts'
import { ProtobufReader } from './protobuf-reader.ts'
import { WireError } from './wire-error.ts'

/** Nested deeper than this, a value is refused: no honest program sends it, and each level costs stack. */
export const MAX_VALUE_DEPTH = 64

export type ReadItem<Item> = (reader: ProtobufReader, end: number) => Item

/** Decodes an export request: field 1 of each level holds the next, `readItem` reads the innermost. */
export function readRequest<Item>(bytes: Uint8Array, readItem: ReadItem<Item>): Group<Item>[] {
  const reader = new ProtobufReader(bytes)
  const groups: Group<Item>[] = []
  const end = reader.length
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) readResourceItems(reader, reader.enter(end), readItem, groups)
    else reader.skip(tag, end)
  }
  return groups
}

function readResourceItems<Item>(
  reader: ProtobufReader,
  end: number,
  readItem: ReadItem<Item>,
  groups: Group<Item>[],
): void {
  // the resource may follow the scopes on the wire: all groups share this object, which is filled when it comes
  const resource: DecodedResource = { attributes: {}, schemaUrl: '' }
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) readAttributesOf(reader, reader.enter(end), resource.attributes)
    else if (tag === 18) {
      checkItems(groups.length)
      groups.push(readScopeItems(reader, reader.enter(end), resource, readItem))
    } else if (tag === 26) resource.schemaUrl = reader.string(end)
    else reader.skip(tag, end)
  }
}

function readScopeItems<Item>(
  reader: ProtobufReader,
  end: number,
  resource: DecodedResource,
  readItem: ReadItem<Item>,
): Group<Item> {
  const scope: DecodedScope = { name: '', version: '', attributes: {} }
  const items: Item[] = []
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) readScope(reader, reader.enter(end), scope)
    else if (tag === 18) {
      checkItems(++reader.items)
      items.push(readItem(reader, reader.enter(end)))
    } else reader.skip(tag, end)
  }
  return { resource, scope, items }
}

function readScope(reader: ProtobufReader, end: number, scope: DecodedScope): void {
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) scope.name = reader.string(end)
    else if (tag === 18) scope.version = reader.string(end)
    else if (tag === 26) readAttribute(reader, reader.enter(end), scope.attributes)
    else reader.skip(tag, end)
  }
}

/** A message whose field 1 is its attributes: a resource, or a list of key and value. */
function readAttributesOf(reader: ProtobufReader, end: number, target: ValueMap, depth = 0): void {
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) readAttribute(reader, reader.enter(end), target, depth)
    else reader.skip(tag, end)
  }
}

/** One KeyValue into `target`; the last of equal keys wins. */
export function readAttribute(reader: ProtobufReader, end: number, target: ValueMap, depth = 0): void {
  let key = ''
  let value: Value = null
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) key = reader.key(end)
    else if (tag === 18) value = readValue(reader, reader.enter(end), depth)
    else reader.skip(tag, end)
  }
  setValue(target, key, value)
}

/** Sets an own property, `__proto__` included. */
export function setValue(target: ValueMap, key: string, value: Value): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

/** One AnyValue. */
export function readValue(reader: ProtobufReader, end: number, depth = 0): Value {
  if (depth > MAX_VALUE_DEPTH) throw new WireError('a value is nested too deeply')
  let value: Value = null
  while (reader.position < end) {
    const tag = reader.tag(end)
    switch (tag) {
      case 10:
        value = reader.string(end)
        break
      case 16:
        value = reader.bool(end)
        break
      case 24:
        value = reader.int64(end)
        break
      case 33:
        value = finite(reader.double(end))
        break
      case 42:
        value = readArray(reader, reader.enter(end), depth)
        break
      case 50: {
        const map: ValueMap = {}
        readAttributesOf(reader, reader.enter(end), map, depth + 1)
        value = map
        break
      }
      case 58:
        value = { $bytes: reader.base64(end) }
        break
      default:
        reader.skip(tag, end)
    }
  }
  return value
}

function readArray(reader: ProtobufReader, end: number, depth: number): Value[] {
  const values: Value[] = []
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) values.push(readValue(reader, reader.enter(end), depth + 1))
    else reader.skip(tag, end)
  }
  return values
}

/** A span to fill; every decoder makes the same shape. */
export function emptySpan(attributes: ValueMap): DecodedSpan {
  return {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    name: '',
    kind: 0,
    startUs: 0,
    startRemainderNs: 0,
    endUs: 0,
    endRemainderNs: 0,
    attributes,
    shared: undefined,
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    statusCode: 0,
    statusMessage: '',
    flags: 0,
  }
}

/** JSON knows no NaN and no infinity. */
export function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}
