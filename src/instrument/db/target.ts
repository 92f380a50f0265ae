/** A database that connections lead to: the attributes that all its spans have, and the durations of its operations. */
import type { Attributes } from '@opentelemetry/api'
import type { Series } from '../../signals/metrics/duration-metrics.ts'
import type { FindSeries } from '../durations.ts'

/** Operations are few; errors and procedures may be many. */
const MAX_SERIES = 500
const MAX_TARGETS = 500

export class Target {
  readonly attributes: Attributes
  private readonly findSeries: FindSeries
  private readonly succeeded = new Map<string | undefined, Series>()
  private readonly failed = new Map<string, Series>()

  constructor(attributes: Attributes, findSeries: FindSeries) {
    this.attributes = withoutUndefined(attributes)
    this.findSeries = findSeries
  }

  record(seconds: number, operation: string | undefined, errorType: string | undefined): void {
    const series = errorType === undefined ? this.seriesOf(operation) : this.failedSeriesOf(operation, errorType)
    series.record(seconds)
  }

  private seriesOf(operation: string | undefined): Series {
    let series = this.succeeded.get(operation)
    if (series === undefined) {
      series = this.findSeries(this.metricAttributes(operation))
      if (this.succeeded.size >= MAX_SERIES) this.succeeded.clear()
      this.succeeded.set(operation, series)
    }
    return series
  }

  private failedSeriesOf(operation: string | undefined, errorType: string): Series {
    const key = `${operation} ${errorType}`
    let series = this.failed.get(key)
    if (series === undefined) {
      series = this.findSeries({ ...this.metricAttributes(operation), 'error.type': errorType })
      if (this.failed.size >= MAX_SERIES) this.failed.clear()
      this.failed.set(key, series)
    }
    return series
  }

  private metricAttributes(operation: string | undefined): Attributes {
    return operation === undefined ? this.attributes : { ...this.attributes, 'db.operation.name': operation }
  }
}

/** One target for all connections that lead to it. */
export class Targets<Connection extends object> {
  private readonly read: (connection: Connection) => Attributes
  private readonly findSeries: FindSeries
  private readonly known = new Map<string, Target>()
  private readonly ofConnection = new WeakMap<Connection, Target>()

  constructor(findSeries: FindSeries, read: (connection: Connection) => Attributes) {
    this.findSeries = findSeries
    this.read = read
  }

  of(connection: Connection): Target {
    const own = this.ofConnection.get(connection)
    if (own !== undefined) return own
    const attributes = this.read(connection)
    const key = JSON.stringify(attributes)
    let target = this.known.get(key)
    if (target === undefined) {
      target = new Target(attributes, this.findSeries)
      if (this.known.size >= MAX_TARGETS) this.known.clear()
      this.known.set(key, target)
    }
    this.ofConnection.set(connection, target)
    return target
  }
}

function withoutUndefined(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null))
}
