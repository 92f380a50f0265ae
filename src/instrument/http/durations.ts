/** `http.server.request.duration`: the attributes of a kind of request are made once, and found again by a few fields. */
import { type Attributes, type Histogram, type Meter, ValueType } from '@opentelemetry/api'
import type { Series } from '../../signals/metrics/duration-histogram.ts'
import type { DurationMetrics } from '../../signals/metrics/duration-metrics.ts'
import { normalizeMethod, type Scheme } from './request-attributes.ts'

export interface RequestDurations {
  record(
    seconds: number,
    method: string | undefined,
    scheme: Scheme,
    version: string,
    status: number | undefined,
    route: string | undefined,
    errorType: string | undefined,
  ): void
}

const NAME = 'http.server.request.duration'
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const DESCRIPTION = 'Duration of HTTP server requests.'
/** Routes and methods come from the application and from outside. */
const MAX_KINDS = 2_000

export function createRequestDurations(seriesOf: (attributes: Attributes) => Series): RequestDurations {
  /** By route, since that is a string at hand: no key has to be put together. */
  const kinds = new Map<string | undefined, Kind[]>()
  let count = 0
  return {
    record(seconds, method, scheme, version, status, route, errorType) {
      const ofRoute = kinds.get(route)
      if (ofRoute !== undefined)
        for (const kind of ofRoute)
          if (
            kind.status === status &&
            kind.method === method &&
            kind.scheme === scheme &&
            kind.version === version &&
            kind.errorType === errorType
          )
            return kind.series.record(seconds)
      if (count++ >= MAX_KINDS) {
        kinds.clear()
        count = 1
      }
      const series = seriesOf(attributesOf(method, scheme, version, status, route, errorType))
      const kind = { method, scheme, version, status, errorType, series }
      const others = kinds.get(route)
      if (others) others.push(kind)
      else kinds.set(route, [kind])
      series.record(seconds)
    },
  }
}

interface Kind {
  readonly method: string | undefined
  readonly scheme: Scheme
  readonly version: string
  readonly status: number | undefined
  readonly errorType: string | undefined
  readonly series: Series
}

/** Through a histogram of the SDK. */
export function seriesOfMeter(meter: Meter): (attributes: Attributes) => Series {
  const histogram: Histogram = meter.createHistogram(NAME, {
    description: DESCRIPTION,
    unit: 's',
    valueType: ValueType.DOUBLE,
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  return (attributes) => ({ record: (value) => histogram.record(value, attributes) })
}

/** Through histograms kept by ourselves. */
export function seriesOfOwn(
  metrics: DurationMetrics,
  scopeName: string,
  scopeVersion: string,
): (attributes: Attributes) => Series {
  const descriptor = {
    scopeName,
    scopeVersion,
    name: NAME,
    description: DESCRIPTION,
    unit: 's',
    boundaries: BOUNDARIES,
  }
  const histogram = metrics.histogram(descriptor)
  return (attributes) => histogram.series(attributes)
}

function attributesOf(
  method: string | undefined,
  scheme: Scheme,
  version: string,
  status: number | undefined,
  route: string | undefined,
  errorType: string | undefined,
): Attributes {
  const attributes: Attributes = { 'http.request.method': normalizeMethod(method), 'url.scheme': scheme }
  if (version) attributes['network.protocol.version'] = version
  if (route !== undefined) attributes['http.route'] = route
  if (status) attributes['http.response.status_code'] = status
  if (errorType !== undefined) attributes['error.type'] = errorType
  return attributes
}
