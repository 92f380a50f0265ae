/** `http.server.request.duration`: the attributes of a kind of request are made once, and found again by a few fields. */
import type { Attributes, Span } from '@opentelemetry/api'
import type { Series } from '../../signals/metrics/duration-histogram.ts'
import { type DurationName, type FindSeries, HTTP_BOUNDARIES } from '../durations.ts'
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
    span?: Span,
  ): void
}

export const SERVER_DURATION: DurationName = {
  name: 'http.server.request.duration',
  description: 'Duration of HTTP server requests.',
  boundaries: HTTP_BOUNDARIES,
}
/** Routes and methods come from the application and from outside. */
const MAX_KINDS = 2_000

export function createRequestDurations(seriesOf: FindSeries): RequestDurations {
  /** By route, since that is a string at hand: no key has to be put together. */
  const kinds = new Map<string | undefined, Kind[]>()
  let count = 0
  return {
    record(seconds, method, scheme, version, status, route, errorType, span) {
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
            return kind.series.record(seconds, span)
      if (count++ >= MAX_KINDS) {
        kinds.clear()
        count = 1
      }
      const series = seriesOf(attributesOf(method, scheme, version, status, route, errorType))
      const kind = { method, scheme, version, status, errorType, series }
      const others = kinds.get(route)
      if (others) others.push(kind)
      else kinds.set(route, [kind])
      series.record(seconds, span)
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
