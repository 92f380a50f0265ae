/** `http.client.request.duration`: the series of a kind of request is found by a few fields, of those of one origin. */
import type { Attributes, Span } from '@opentelemetry/api'
import type { Series } from '../../signals/metrics/duration-histogram.ts'
import { type DurationName, type FindSeries, HTTP_BOUNDARIES } from '../durations.ts'
import { normalizeMethod } from './request-attributes.ts'

export const clientDuration = (description: string): DurationName => ({
  name: 'http.client.request.duration',
  description,
  boundaries: HTTP_BOUNDARIES,
})

interface Kind {
  readonly method: string
  readonly status: number | undefined
  readonly version: string | undefined
  readonly errorType: string | undefined
  readonly series: Series
}

/** Methods and errors may be made up; a list this long is searched too slowly anyway. */
const MAX_KINDS = 100

/** Durations of requests to one origin. */
export class OriginDurations {
  private readonly findSeries: FindSeries
  private readonly common: Attributes
  private kinds: Kind[] = []

  constructor(findSeries: FindSeries, common: Attributes) {
    this.findSeries = findSeries
    this.common = common
  }

  record(
    seconds: number,
    method: string,
    status: number | undefined,
    version: string | undefined,
    errorType: string | undefined,
    span?: Span,
  ): void {
    for (const kind of this.kinds)
      if (kind.status === status && kind.method === method && kind.version === version && kind.errorType === errorType)
        return void kind.series.record(seconds, span)
    if (this.kinds.length >= MAX_KINDS) this.kinds = []
    const attributes: Attributes = { 'http.request.method': normalizeMethod(method), ...this.common }
    if (status !== undefined) attributes['http.response.status_code'] = status
    if (version !== undefined) attributes['network.protocol.version'] = version
    if (errorType !== undefined) attributes['error.type'] = errorType
    const series = this.findSeries(attributes)
    this.kinds.push({ method, status, version, errorType, series })
    series.record(seconds, span)
  }
}
