/**
 * Holds few of the measurements of one series: every measurement since the last collection has the same chance to be among them.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#exemplarreservoir
 */
import type { Attributes, SpanContext } from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'
import { type Exemplar, OUTSIDE } from './filter.ts'

/** A measurement, as a reservoir keeps it. */
export interface Kept {
  readonly value: number
  readonly millis: number
  readonly span: SpanContext
  readonly filtered: Attributes
  /** When it was measured, counted in collections. */
  readonly interval: number
}

/** How many measurements are kept, and which of them stand for the same. */
export interface Shape {
  /** The most exemplars of one point. */
  readonly size: number
  /** Upper bounds of the buckets of a histogram, ascending: one is kept for each bucket. */
  readonly boundaries?: readonly number[] | undefined
}

const NO_ATTRIBUTES: Attributes = Object.freeze({})

export class Reservoir {
  interval = 0
  private readonly boundaries: readonly number[] | undefined
  private readonly kept: (Kept | undefined)[]
  /** How many were offered in this interval: to each bucket, or to all in the first cell. */
  private readonly offered: number[]

  constructor({ size, boundaries }: Shape) {
    this.boundaries = boundaries
    this.kept = new Array<Kept | undefined>(size).fill(undefined)
    this.offered = new Array<number>(boundaries ? size : 1).fill(0)
  }

  /** @param filter gives the attributes that the series lacks; called only for what is kept */
  offer(value: number, span: SpanContext, interval: number, filter?: () => Attributes): void {
    const cell = this.cellFor(value, interval)
    if (cell < 0) return
    this.kept[cell] = { value, millis: Date.now(), span, interval, filtered: filter?.() ?? NO_ATTRIBUTES }
  }

  /** Offers what another reservoir has kept. */
  take(kept: Kept): void {
    const cell = this.cellFor(kept.value, kept.interval)
    if (cell >= 0) this.kept[cell] = kept
  }

  /** What was measured after that interval. */
  keptSince(interval: number): Kept[] {
    return this.kept.filter((kept): kept is Kept => kept !== undefined && kept.interval > interval)
  }

  /** The place of a measurement that is to be kept, else a negative number. What earlier intervals left has no weight. */
  private cellFor(value: number, interval: number): number {
    if (this.interval !== interval) {
      this.interval = interval
      this.offered.fill(0)
    }
    const { boundaries, offered, kept } = this
    if (boundaries === undefined) {
      const count = offered[0]!++
      const cell = count < kept.length ? count : Math.floor(Math.random() * (count + 1))
      return cell < kept.length ? cell : -1
    }
    let bucket = 0
    while (bucket < boundaries.length && boundaries[bucket]! < value) bucket++
    return Math.random() * ++offered[bucket]! < 1 ? bucket : -1
  }
}

export function toExemplar({ value, millis, span, filtered }: Kept): Exemplar {
  const exemplar = { filteredAttributes: filtered, value, timestamp: millisToHrTime(millis) }
  return span === OUTSIDE ? exemplar : { ...exemplar, spanId: span.spanId, traceId: span.traceId }
}
