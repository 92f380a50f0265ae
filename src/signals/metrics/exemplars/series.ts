/** The exemplars of one storage of the SDK: a reservoir for each series, found by the attributes, and put on the points that the storage gives. */
import { type Attributes, type Context, context, type SpanContext } from '@opentelemetry/api'
import type { DataPoint, MetricData } from '@opentelemetry/sdk-metrics'
import { type AttributeSet, findAttributeSet, keyOf } from '../attribute-sets.ts'
import type { WithExemplars } from './filter.ts'
import { Reservoir, type Shape, toExemplar } from './reservoir.ts'
import { isWhole, type SdkStorage, shapeOf } from './sdk-storage.ts'

interface Series extends AttributeSet {
  readonly attributes: Attributes
  readonly reservoir: Reservoir
}

/** As many as the SDK has series of one instrument; exemplars of further ones could only go to its series for what is beyond the limit. */
const MAX_SERIES = 2_000
/** Series that are found by comparing values, without a text of the attributes. */
const MAX_RECENT = 16
const DELTA = 0
const OVERFLOW_KEY = keyOf({ 'otel.metric.overflow': true })

export class StorageExemplars {
  private readonly storage: SdkStorage
  private readonly shape: Shape
  private readonly series = new Map<string, Series>()
  private readonly recent: Series[] = []
  /** Counts the collections. */
  private interval = 1
  /** The last interval that a collector has seen. */
  private readonly seen = new Map<object, number>()
  private isCumulative = false

  constructor(storage: SdkStorage) {
    this.storage = storage
    this.shape = shapeOf(storage)
  }

  /** @param measured the context of the measurement; undefined for that of now */
  offer(value: number, given: Attributes, span: SpanContext, measured: Context | undefined): void {
    const { _attributesProcessor: processor } = this.storage
    const attributes = processor === undefined ? given : processor.process(given, measured ?? context.active())
    const kept = isWhole(this.storage) ? Math.trunc(value) : value
    const filter = processor && (() => without(given, attributes))
    this.find(attributes)?.reservoir.offer(kept, span, this.interval, filter)
  }

  /** What a collector has not seen yet, or all where its points go back to the start, on the points of their series. */
  attach(metric: MetricData | undefined, collector: object): void {
    const last = this.seen.get(collector) ?? 0
    this.seen.set(collector, this.interval++)
    if (this.series.size === 0 || metric === undefined) return
    const isDelta = (metric.aggregationTemporality as number) === DELTA
    this.isCumulative ||= !isDelta
    const after = isDelta ? last : 0
    const left = new Map(this.series)
    let overflow: WithExemplars | undefined
    for (const point of metric.dataPoints as (DataPoint<unknown> & WithExemplars)[]) {
      const key = keyOf(point.attributes)
      if (key === OVERFLOW_KEY) overflow = point
      const kept = left.get(key)?.reservoir.keptSince(after) ?? []
      left.delete(key)
      if (kept.length > 0) point.exemplars = kept.map(toExemplar)
    }
    if (overflow) this.attachRest(overflow, left.values(), after)
    this.forgetOld()
  }

  /** Series beyond the SDK's limit count together, and their attributes are what that one series lacks. */
  private attachRest(overflow: WithExemplars, rest: Iterable<Series>, after: number): void {
    const reservoir = new Reservoir(this.shape)
    for (const { attributes, reservoir: own } of rest)
      for (const kept of own.keptSince(after))
        reservoir.take({ ...kept, interval: 1, filtered: { ...attributes, ...kept.filtered } })
    const exemplars = reservoir.keptSince(0).map(toExemplar)
    if (exemplars.length > 0) overflow.exemplars = exemplars
  }

  /** A series that rests is forgotten when all have seen it, unless somebody's points go back to the start. */
  private forgetOld(): void {
    if (this.isCumulative) return
    const oldest = Math.min(...this.seen.values())
    for (const [key, { reservoir }] of this.series) if (reservoir.interval <= oldest) this.series.delete(key)
    this.recent.length = 0
  }

  private find(attributes: Attributes): Series | undefined {
    const found = findAttributeSet(this.recent, attributes)
    if (found) return found
    const key = keyOf(attributes)
    let series = this.series.get(key)
    if (series === undefined) {
      if (this.series.size >= MAX_SERIES) return undefined
      const keys = Object.keys(attributes)
      const values = keys.map((name) => attributes[name])
      series = { keys, values, attributes: { ...attributes }, reservoir: new Reservoir(this.shape) }
      this.series.set(key, series)
    }
    // what is in an array may change
    const isFixed = series.values.every((value) => typeof value !== 'object')
    if (isFixed && this.recent.length < MAX_RECENT) this.recent.push(series)
    return series
  }
}

function without(given: Attributes, kept: Attributes): Attributes {
  return Object.fromEntries(Object.entries(given).filter(([key]) => !Object.hasOwn(kept, key)))
}
