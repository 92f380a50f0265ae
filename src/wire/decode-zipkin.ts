/** Decodes spans of Zipkin's format v2. */
import { createHash } from 'node:crypto'
import { emptySpan } from './decode-common.ts'
import type { Json } from './decode-json-fields.ts'
import type { DecodedEvent, DecodedSpan, Group, Value } from './decode-types.ts'
import {
  attributeOf,
  createGrouping,
  idOf,
  isObject,
  KINDS,
  microsOf,
  objectsOf,
  takeStatus,
  textOf,
} from './foreign-span.ts'
import { WireError } from './wire-error.ts'

const LINK = /^([0-9a-f]{1,32})\|([0-9a-f]{1,16})\|([^|]*)\|(\{.*\})\|(\d{1,9})$/s

/**
 * A list of spans, or of lists of them; undefined when it is neither.
 * @throws {WireError} of format v1
 */
export function tracesFromZipkin(json: unknown): Group<DecodedSpan>[] | undefined {
  const spans = Array.isArray(json) ? json.flat() : [json]
  if (spans.length === 0 || !spans.every(isSpan)) return undefined
  if (spans.some((span) => 'binaryAnnotations' in span)) throw new WireError('Zipkin v1 is not read, v2 is')
  const grouping = createGrouping()
  const shared = sharedIds(spans)
  for (const span of spans) addSpan(grouping, span, shared)
  return grouping.groups()
}

function isSpan(value: unknown): value is Json {
  return (
    isObject(value) && typeof value['traceId'] === 'string' && typeof value['id'] === 'string' && !('resource' in value)
  )
}

/**
 * A server may use the id of the client's span, which then stands twice. It gets an id of its own, and what ran inside of it becomes its child.
 * @returns by trace, id and service of such server spans
 */
function sharedIds(spans: readonly Json[]): Map<string, string> {
  const clients = new Set(
    spans.filter((span) => span['shared'] !== true).map((span) => `${span['traceId']} ${span['id']}`),
  )
  const shared = new Map<string, string>()
  for (const span of spans) {
    if (span['shared'] !== true || !clients.has(`${span['traceId']} ${span['id']}`)) continue
    const key = keyOf(span, span['id'])
    shared.set(key, createHash('sha1').update(key).digest('hex').slice(0, 16))
  }
  return shared
}

const keyOf = (span: Json, id: unknown): string => `${span['traceId']} ${id} ${serviceOf(span)}`
const serviceOf = (span: Json): string => endpointOf(span['localEndpoint']).name
const endpointOf = (value: unknown) => {
  const endpoint = isObject(value) ? value : {}
  return {
    name: textOf(endpoint['serviceName']),
    address: textOf(endpoint['ipv4']) || textOf(endpoint['ipv6']),
    port: endpoint['port'],
  }
}

function addSpan(grouping: ReturnType<typeof createGrouping>, json: Json, shared: ReadonlyMap<string, string>): void {
  const span = emptySpan({})
  const ownId = json['shared'] === true ? shared.get(keyOf(json, json['id'])) : undefined
  span.traceId = idOf(json['traceId'], 32)
  span.spanId = ownId ?? idOf(json['id'], 16)
  span.parentSpanId =
    ownId === undefined
      ? (shared.get(keyOf(json, json['parentId'])) ?? idOf(json['parentId'], 16))
      : idOf(json['id'], 16)
  span.name = textOf(json['name'])
  span.kind = KINDS[textOf(json['kind']).toLowerCase()] ?? 1
  const annotations = objectsOf(json['annotations'])
  span.startUs = microsOf(json['timestamp'] ?? annotations[0]?.['timestamp'])
  span.endUs = span.startUs + microsOf(json['duration'])
  const attributes: Record<string, Value> = {}
  if (isObject(json['tags']))
    for (const [key, value] of Object.entries(json['tags'])) attributes[key] = attributeOf(value)
  takeStatus(span, attributes)
  takeLinks(span, attributes)
  takeCounts(span, attributes)
  addRemote(attributes, json['remoteEndpoint'])
  const scope = [String(attributes['otel.scope.name'] ?? ''), String(attributes['otel.scope.version'] ?? '')] as const
  delete attributes['otel.scope.name']
  delete attributes['otel.scope.version']
  span.attributes = attributes
  span.events = annotations.map(({ value, timestamp }) => ({
    ...eventOf(textOf(value)),
    timeUs: microsOf(timestamp),
    remainderNs: 0,
    droppedAttributes: 0,
  }))
  const { name, address } = endpointOf(json['localEndpoint'])
  grouping.add(
    { ...(name !== '' && { 'service.name': name }), ...(address !== '' && { 'host.ip': address }) },
    scope,
    span,
  )
}

/** `"name": {…}`, as OpenTelemetry writes an event with attributes; a plain annotation is a name. */
function eventOf(value: string): Pick<DecodedEvent, 'name' | 'attributes'> {
  const match = /^("(?:[^"\\]|\\.)*"): (\{.*\})$/s.exec(value)
  const attributes = match ? attributesOf(match[2]!) : undefined
  return attributes ? { name: String(parsed(match![1]!)), attributes } : { name: value, attributes: {} }
}

/** The tags `otlp.link.<n>` of OpenTelemetry's mapping: `trace id|span id|trace state|attributes|dropped`. */
function takeLinks(span: DecodedSpan, attributes: Record<string, Value>): void {
  for (let index = 0; ; index++) {
    const name = `otlp.link.${index}`
    const [, traceId, spanId, traceState = '', json = '', dropped] =
      LINK.exec(typeof attributes[name] === 'string' ? attributes[name] : '') ?? []
    const values = attributesOf(json)
    if (values === undefined) return
    span.links.push({
      traceId: idOf(traceId, 32),
      spanId: idOf(spanId, 16),
      traceState,
      attributes: values,
      droppedAttributes: Number(dropped),
      flags: 0,
    })
    delete attributes[name]
  }
}

function takeCounts(span: DecodedSpan, attributes: Record<string, Value>): void {
  const take = (name: string): string => {
    const value = attributes[name]
    delete attributes[name]
    return textOf(value)
  }
  span.traceState = take('w3c.tracestate')
  span.droppedAttributes = Number(take('otel.dropped_attributes_count')) || 0
  span.droppedEvents = Number(take('otel.dropped_events_count')) || 0
  span.droppedLinks = Number(take('otel.dropped_links_count')) || 0
}

function attributesOf(json: string): Record<string, Value> | undefined {
  const value = parsed(json)
  if (!isObject(value)) return undefined
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, Array.isArray(inner) ? (inner as Value) : attributeOf(inner)]),
  )
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function addRemote(attributes: Record<string, Value>, endpoint: unknown): void {
  const { name, address, port } = endpointOf(endpoint)
  if (name !== '') attributes['peer.service'] ??= name
  if (address !== '') attributes['network.peer.address'] ??= address
  if (typeof port === 'number' && port > 0) attributes['network.peer.port'] ??= port
}
