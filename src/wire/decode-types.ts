/** What the decoders give: plain rows, the same from protobuf and from JSON. */

/** 64-bit integers that a double cannot hold are decimal strings, NaN and infinities are strings, bytes are `{ $bytes: base64 }`. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }
export type ValueMap = { [key: string]: Value }

export interface DecodedResource {
  attributes: ValueMap
  schemaUrl: string
}

export interface DecodedScope {
  name: string
  version: string
  attributes: ValueMap
}

/** The items of one resource and one scope. */
export interface Group<Item> {
  resource: DecodedResource
  scope: DecodedScope
  items: Item[]
}

/** Attributes that spans with equal ones share; whoever derives something from them keeps it here. */
export interface SharedAttributes {
  readonly values: ValueMap
  derived: unknown
}

export interface DecodedSpan {
  /** Lower-case hex; '' when the field was absent or holds no valid id. So are all ids. */
  traceId: string
  spanId: string
  parentSpanId: string
  traceState: string
  name: string
  /** As in OTLP: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number
  startUs: number
  startRemainderNs: number
  endUs: number
  endRemainderNs: number
  /** Not to be changed: other spans may have the same object. */
  attributes: ValueMap
  shared: SharedAttributes | undefined
  droppedAttributes: number
  events: DecodedEvent[]
  droppedEvents: number
  links: DecodedLink[]
  droppedLinks: number
  /** As in OTLP: 0 unset, 1 ok, 2 error. */
  statusCode: number
  statusMessage: string
  flags: number
}

export interface DecodedEvent {
  name: string
  timeUs: number
  remainderNs: number
  attributes: ValueMap
  droppedAttributes: number
}

export interface DecodedLink {
  traceId: string
  spanId: string
  traceState: string
  attributes: ValueMap
  droppedAttributes: number
  flags: number
}

export interface DecodedLog {
  timeUs: number
  remainderNs: number
  observedUs: number
  severityNumber: number
  severityText: string
  body: Value
  attributes: ValueMap
  droppedAttributes: number
  flags: number
  traceId: string
  spanId: string
  eventName: string
}

export type MetricType = 'none' | 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary'

export interface DecodedMetric {
  name: string
  description: string
  unit: string
  type: MetricType
  /** As in OTLP: 0 unspecified, 1 delta, 2 cumulative. */
  temporality: number
  monotonic: boolean
  points: DecodedPoint[]
}

/** One point of any type; what a type does not have is undefined. */
export interface DecodedPoint {
  attributes: ValueMap
  startUs: number
  timeUs: number
  flags: number
  /** Of gauge and sum. */
  value?: number | undefined
  count?: number | undefined
  sum?: number | undefined
  min?: number | undefined
  max?: number | undefined
  bounds?: number[] | undefined
  counts?: number[] | undefined
  scale?: number | undefined
  zeroCount?: number | undefined
  zeroThreshold?: number | undefined
  positive?: Buckets | undefined
  negative?: Buckets | undefined
  quantiles?: { quantile: number; value: number }[] | undefined
  exemplars?: DecodedExemplar[] | undefined
}

export interface Buckets {
  offset: number
  counts: number[]
}

export interface DecodedExemplar {
  timeUs: number
  value: number
  traceId: string
  spanId: string
  attributes: ValueMap
}

/** A request of one signal. */
export interface Decoded {
  traces: Group<DecodedSpan>[]
  logs: Group<DecodedLog>[]
  metrics: Group<DecodedMetric>[]
}
