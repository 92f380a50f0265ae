/** A database that connections lead to: the attributes that all its spans have, and the durations of its operations. */
import type { Attributes, Span } from '@opentelemetry/api'
import type { Series } from '../../signals/metrics/duration-histogram.ts'
import type { FindSeries } from '../durations.ts'
import { attributesOf, summaryOf } from '../sql/name-spans.ts'

/** Operations are few; errors, procedures and statements may be many. */
const MAX_SERIES = 500
const MAX_TARGETS = 500

/** What all spans of one statement say. */
export interface Statement {
  readonly name: string
  readonly operation: string | undefined
  /** Shared: nobody writes to it. */
  readonly attributes: Attributes
}

/** Longer ones are often made for one use. */
const MAX_REMEMBERED_LENGTH = 2_000

export class Target {
  readonly attributes: Attributes
  private readonly findSeries: FindSeries
  private readonly succeeded = new Map<string | undefined, Series>()
  private readonly failed = new Map<string, Series>()

  private readonly statements = new Map<string, Statement>()

  constructor(attributes: Attributes, findSeries: FindSeries) {
    this.attributes = attributes
    this.findSeries = findSeries
  }

  statementOf(text: string): Statement {
    const known = this.statements.get(text)
    if (known !== undefined) return known
    const summary = summaryOf(text)
    const attributes = { ...this.attributes, ...(text !== '' && { 'db.query.text': text }), ...attributesOf(summary) }
    const statement = { name: summary?.text ?? 'SQL', operation: summary?.operation, attributes }
    if (text.length > MAX_REMEMBERED_LENGTH) return statement
    if (this.statements.size >= MAX_SERIES) this.statements.clear()
    this.statements.set(text, statement)
    return statement
  }

  record(seconds: number, operation: string | undefined, errorType: string | undefined, span?: Span): void {
    const series = errorType === undefined ? this.seriesOf(operation) : this.failedSeriesOf(operation, errorType)
    series.record(seconds, span)
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
