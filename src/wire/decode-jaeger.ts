/** Decodes traces as Jaeger's API and its pages give them. */
import { emptySpan } from './decode-common.ts'
import type { Json } from './decode-json-fields.ts'
import type { DecodedEvent, DecodedLink, DecodedSpan, Group, Value } from './decode-types.ts'
import {
  attributeOf,
  createGrouping,
  idOf,
  isObject,
  KINDS,
  listOf,
  microsOf,
  objectsOf,
  takeStatus,
  textOf,
} from './foreign-span.ts'

/** A trace, a list of them, or the envelope of the API; undefined when it is none of these. */
export function tracesFromJaeger(json: unknown): Group<DecodedSpan>[] | undefined {
  const traces = isObject(json) && Array.isArray(json['data']) ? json['data'] : Array.isArray(json) ? json : [json]
  if (traces.length === 0 || !traces.every(isTrace)) return undefined
  const grouping = createGrouping()
  for (const trace of traces) {
    const processes = isObject(trace['processes']) ? trace['processes'] : {}
    for (const span of objectsOf(trace['spans'])) {
      const inline = span['process']
      const process = isObject(inline) ? inline : processes[textOf(span['processID'])]
      addSpan(grouping, span, isObject(process) ? process : {}, textOf(trace['traceID']))
    }
  }
  return grouping.groups()
}

function isTrace(value: unknown): value is Json {
  return (
    isObject(value) &&
    Array.isArray(value['spans']) &&
    value['spans'].every((span) => isObject(span) && 'spanID' in span)
  )
}

function addSpan(grouping: ReturnType<typeof createGrouping>, json: Json, process: Json, traceId: string): void {
  const attributes = tagsOf(json['tags'])
  const span = emptySpan({})
  span.traceId = idOf(json['traceID'] ?? traceId, 32)
  span.spanId = idOf(json['spanID'], 16)
  span.name = textOf(json['operationName'])
  span.startUs = microsOf(json['startTime'])
  span.endUs = span.startUs + microsOf(json['duration'])
  span.kind = KINDS[String(attributes['span.kind'] ?? '').toLowerCase()] ?? 0
  span.traceState = String(attributes['w3c.tracestate'] ?? '')
  takeStatus(span, attributes)
  const scope = [
    String(attributes['otel.scope.name'] ?? attributes['otel.library.name'] ?? ''),
    String(attributes['otel.scope.version'] ?? attributes['otel.library.version'] ?? ''),
  ] as const
  for (const key of CARRIED) delete attributes[key]
  span.attributes = attributes
  const { parent, links } = referencesOf(json, span.traceId)
  span.parentSpanId = parent
  span.links = links
  span.events = objectsOf(json['logs']).map(toEvent)
  const service = textOf(process['serviceName'])
  grouping.add({ ...tagsOf(process['tags']), ...(service !== '' && { 'service.name': service }) }, scope, span)
}

/** Tags that hold what has a place of its own. */
const CARRIED = [
  'span.kind',
  'w3c.tracestate',
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'otel.library.version',
  'internal.span.format',
]

/** The first CHILD_OF in the same trace is the parent; everything else is a link. */
function referencesOf(json: Json, traceId: string): { parent: string; links: DecodedLink[] } {
  let parent = idOf(json['parentSpanID'], 16)
  const links: DecodedLink[] = []
  for (const reference of objectsOf(json['references'])) {
    const target = { traceId: idOf(reference['traceID'], 32), spanId: idOf(reference['spanID'], 16) }
    if (parent === '' && reference['refType'] === 'CHILD_OF' && target.traceId === traceId) parent = target.spanId
    else if (target.spanId !== parent)
      links.push({ ...target, traceState: '', attributes: {}, droppedAttributes: 0, flags: 0 })
  }
  return { parent, links }
}

function toEvent(json: Json): DecodedEvent {
  const { event, message, ...attributes } = tagsOf(json['fields'])
  const name = event ?? message ?? 'log'
  return {
    name: String(name),
    timeUs: microsOf(json['timestamp']),
    remainderNs: 0,
    attributes: event !== undefined && message !== undefined ? { ...attributes, message } : attributes,
    droppedAttributes: 0,
  }
}

function tagsOf(tags: unknown): Record<string, Value> {
  const attributes: Record<string, Value> = {}
  for (const tag of listOf(tags))
    if (isObject(tag) && typeof tag['key'] === 'string') attributes[tag['key']] = tagValue(tag)
  return attributes
}

/** A number may stand as text, since JavaScript's numbers end at 2^53. */
function tagValue({ type, value }: Json): Value {
  if (typeof value === 'string' && (type === 'int64' || type === 'float64')) {
    const number = Number(value)
    return type === 'float64' || Number.isSafeInteger(number) ? attributeOf(number) : value
  }
  if (type === 'bool' && typeof value === 'string') return value === 'true'
  return attributeOf(value)
}
