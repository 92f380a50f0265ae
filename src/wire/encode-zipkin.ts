/** Rewrites an encoded OTLP trace request as spans of Zipkin's format v2, as the specification of OpenTelemetry maps them. */

import { decodeTraces } from './decode-traces.ts'
import type { DecodedEvent, DecodedLink, DecodedSpan, Group, Value, ValueMap } from './decode-types.ts'

/** https://zipkin.io/zipkin-api/zipkin2-api.yaml */
interface ZipkinSpan {
  traceId: string
  id: string
  parentId?: string
  name: string
  kind?: string
  /** Microseconds. */
  timestamp: number
  duration: number
  localEndpoint: ZipkinEndpoint
  remoteEndpoint?: ZipkinEndpoint
  annotations?: Array<{ timestamp: number; value: string }>
  tags: Record<string, string>
}

interface ZipkinEndpoint {
  serviceName?: string
  ipv4?: string
  ipv6?: string
  port?: number
}

/** By the numbers of OTLP; what is internal has no kind in Zipkin. */
const KINDS: Readonly<Record<number, string>> = { 2: 'SERVER', 3: 'CLIENT', 4: 'PRODUCER', 5: 'CONSUMER' }
/** Whoever sends has somebody at the other end: the first of these that is set names it. */
const SENDERS: ReadonlySet<number> = new Set([3, 4])
const REMOTE_NAMES = [
  'peer.service',
  'server.address',
  'net.peer.name',
  'peer.hostname',
  'peer.address',
  'db.namespace',
  'db.name',
]
const REMOTE_ADDRESSES = ['network.peer.address', 'server.socket.address', 'net.sock.peer.addr', 'net.peer.ip']
const REMOTE_PORTS = ['network.peer.port', 'server.socket.port', 'net.sock.peer.port', 'server.port', 'net.peer.port']
const UNKNOWN_SERVICE = 'unknown_service'
/** Zipkin 3.5 counts their bytes wrongly beside letters outside of ASCII: bytes of zero follow the JSON of its answer, and no page can show the trace. */
const UNICODE_LINE_ENDS = /[\u2028\u2029]/g
/** It reads a request in pieces, and destroys a letter of several bytes that lies across two of them: such letters are sent as escapes. */
const BEYOND_ASCII = /[\u0080-\uffff]/g

/** A JSON list of spans. What was masked in the request is masked here. @see https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/ */
export function requestToZipkin(request: Uint8Array): string {
  const spans = decodeTraces(request).flatMap((group) => group.items.map((span) => toZipkin(group, span)))
  return JSON.stringify(spans).replace(UNICODE_LINE_ENDS, '\\n').replace(BEYOND_ASCII, escaped)
}

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`

function toZipkin({ resource, scope }: Group<DecodedSpan>, span: DecodedSpan): ZipkinSpan {
  const kind = KINDS[span.kind]
  const service = resource.attributes['service.name']
  const remote = SENDERS.has(span.kind) ? remoteOf(span.attributes) : undefined
  return {
    traceId: span.traceId,
    id: span.spanId,
    ...(span.parentSpanId !== '' && { parentId: span.parentSpanId }),
    name: span.name,
    ...(kind !== undefined && { kind }),
    timestamp: span.startUs,
    // Zipkin takes 0 for a span that has not ended
    duration: Math.max(1, span.endUs - span.startUs),
    localEndpoint: { serviceName: typeof service === 'string' && service !== '' ? service : UNKNOWN_SERVICE },
    ...(remote && { remoteEndpoint: remote }),
    ...(span.events.length > 0 && { annotations: span.events.map(toAnnotation) }),
    tags: {
      ...toTags(resource.attributes),
      ...toTags(span.attributes),
      ...(scope.name !== '' && { 'otel.scope.name': scope.name }),
      ...(scope.version !== '' && { 'otel.scope.version': scope.version }),
      ...(span.traceState !== '' && { 'w3c.tracestate': span.traceState }),
      ...statusTags(span),
      ...linkTags(span.links),
      ...countTags(span),
    },
  }
}

function toTags(attributes: ValueMap): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([name]) => name !== 'service.name')
      .map(([name, value]) => [name, toText(value)]),
  )
}

const toText = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** An unset status has no tag, and `error` is there for all errors, since Zipkin goes by that. */
function statusTags({ statusCode, statusMessage }: DecodedSpan): Record<string, string> {
  if (statusCode === 1) return { 'otel.status_code': 'OK' }
  return statusCode === 2 ? { 'otel.status_code': 'ERROR', error: statusMessage } : {}
}

/** Zipkin has no links: they are written as the Collector does it, whose Zipkin receiver reads them. */
function linkTags(links: readonly DecodedLink[]): Record<string, string> {
  return Object.fromEntries(
    links.map(({ traceId, spanId, traceState, attributes, droppedAttributes }, index) => [
      `otlp.link.${index}`,
      `${traceId}|${spanId}|${traceState}|${JSON.stringify(attributes)}|${droppedAttributes}`,
    ]),
  )
}

function countTags({ droppedAttributes, droppedEvents, droppedLinks }: DecodedSpan): Record<string, string> {
  return {
    ...(droppedAttributes > 0 && { 'otel.dropped_attributes_count': String(droppedAttributes) }),
    ...(droppedEvents > 0 && { 'otel.dropped_events_count': String(droppedEvents) }),
    ...(droppedLinks > 0 && { 'otel.dropped_links_count': String(droppedLinks) }),
  }
}

function toAnnotation({ name, timeUs, attributes }: DecodedEvent): { timestamp: number; value: string } {
  const isBare = Object.keys(attributes).length === 0
  return { timestamp: timeUs, value: isBare ? name : `${JSON.stringify(name)}: ${JSON.stringify(attributes)}` }
}

function remoteOf(attributes: ValueMap): ZipkinEndpoint | undefined {
  const first = (names: readonly string[]): Value | undefined => {
    const name = names.find((candidate) => attributes[candidate] !== undefined && attributes[candidate] !== '')
    return name === undefined ? undefined : attributes[name]
  }
  const address = first(REMOTE_ADDRESSES)
  const name = first(REMOTE_NAMES) ?? address
  if (typeof name !== 'string') return undefined
  const port = Number(first(REMOTE_PORTS))
  return {
    serviceName: name,
    ...(typeof address === 'string' &&
      (address.includes(':') ? { ipv6: address } : isIpv4(address) && { ipv4: address })),
    ...(Number.isInteger(port) && port > 0 && port < 65_536 && { port }),
  }
}

const isIpv4 = (text: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(text)
