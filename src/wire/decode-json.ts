/** Decodes OTLP/JSON: ids in hex, enums as integers, 64-bit numbers as strings or numbers; unknown fields are ignored. */
import { enumeration, hexId, type Json, list, number, object, text, time } from './decode-json-fields.ts'
import { toMetric } from './decode-json-metric.ts'
import { toAttributes, toValue } from './decode-json-values.ts'
import { checkItems } from './decode-limits.ts'
import type { DecodedEvent, DecodedLink, DecodedLog, DecodedMetric, DecodedSpan, Group } from './decode-types.ts'

const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((n) => `SPAN_KIND_${n}`)
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`)

/** @throws {WireError} when a field has a wrong type */
export const tracesFromJson = (request: unknown): Group<DecodedSpan>[] =>
  groups(request, 'resourceSpans', 'scopeSpans', 'spans', toSpan)
/** @throws {WireError} when a field has a wrong type */
export const logsFromJson = (request: unknown): Group<DecodedLog>[] =>
  groups(request, 'resourceLogs', 'scopeLogs', 'logRecords', toLog)
/** @throws {WireError} when a field has a wrong type */
export const metricsFromJson = (request: unknown): Group<DecodedMetric>[] =>
  groups(request, 'resourceMetrics', 'scopeMetrics', 'metrics', toMetric)

function groups<Item>(
  request: unknown,
  resourcesKey: string,
  scopesKey: string,
  itemsKey: string,
  toItem: (json: Json) => Item,
): Group<Item>[] {
  let count = 0
  return list(object(request, 'the request')[resourcesKey], resourcesKey).flatMap((resourceItems) => {
    checkItems(++count)
    const resource = {
      attributes: toAttributes(object(resourceItems['resource'] ?? {}, 'resource')['attributes']),
      schemaUrl: text(resourceItems['schemaUrl']),
    }
    return list(resourceItems[scopesKey], scopesKey).map((scopeItems) => {
      const scope = object(scopeItems['scope'] ?? {}, 'scope')
      const items = list(scopeItems[itemsKey], itemsKey)
      count += 1 + items.length
      checkItems(count)
      return {
        resource,
        scope: {
          name: text(scope['name']),
          version: text(scope['version']),
          attributes: toAttributes(scope['attributes']),
        },
        items: items.map(toItem),
      }
    })
  })
}

function toSpan(json: Json): DecodedSpan {
  const status = object(json['status'] ?? {}, 'status')
  const [startUs, startRemainderNs] = time(json['startTimeUnixNano'])
  const [endUs, endRemainderNs] = time(json['endTimeUnixNano'])
  return {
    traceId: hexId(json['traceId'], 32),
    spanId: hexId(json['spanId'], 16),
    parentSpanId: hexId(json['parentSpanId'], 16),
    traceState: text(json['traceState']),
    name: text(json['name']),
    kind: enumeration(json['kind'], SPAN_KINDS),
    startUs,
    startRemainderNs,
    endUs,
    endRemainderNs,
    attributes: toAttributes(json['attributes']),
    shared: undefined,
    droppedAttributes: number(json['droppedAttributesCount']),
    events: list(json['events'], 'events').map(toEvent),
    droppedEvents: number(json['droppedEventsCount']),
    links: list(json['links'], 'links').map(toLink),
    droppedLinks: number(json['droppedLinksCount']),
    statusCode: enumeration(status['code'], STATUS_CODES),
    statusMessage: text(status['message']),
    flags: number(json['flags']),
  }
}

function toEvent(json: Json): DecodedEvent {
  const [timeUs, remainderNs] = time(json['timeUnixNano'])
  return {
    name: text(json['name']),
    timeUs,
    remainderNs,
    attributes: toAttributes(json['attributes']),
    droppedAttributes: number(json['droppedAttributesCount']),
  }
}

function toLink(json: Json): DecodedLink {
  return {
    traceId: hexId(json['traceId'], 32),
    spanId: hexId(json['spanId'], 16),
    traceState: text(json['traceState']),
    attributes: toAttributes(json['attributes']),
    droppedAttributes: number(json['droppedAttributesCount']),
    flags: number(json['flags']),
  }
}

function toLog(json: Json): DecodedLog {
  const [timeUs, remainderNs] = time(json['timeUnixNano'])
  return {
    timeUs,
    remainderNs,
    observedUs: time(json['observedTimeUnixNano'])[0],
    severityNumber: number(json['severityNumber']),
    severityText: text(json['severityText']),
    body: toValue(json['body']),
    attributes: toAttributes(json['attributes']),
    droppedAttributes: number(json['droppedAttributesCount']),
    flags: number(json['flags']),
    traceId: hexId(json['traceId'], 32),
    spanId: hexId(json['spanId'], 16),
    eventName: text(json['eventName']),
  }
}
