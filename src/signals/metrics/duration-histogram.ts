/** One histogram of durations and its series: recording is a few array writes, collecting gives the points of the SDK's own. */
import type { Attributes, HrTime, Span, SpanContext } from '@opentelemetry/api'
import type { DataPoint, Histogram, MetricData, PushMetricExporter } from '@opentelemetry/sdk-metrics'
import { keyOf } from './attribute-sets.ts'
import type { SpanChooser, WithExemplars } from './exemplars/filter.ts'
import { Reservoir, toExemplar } from './exemplars/reservoir.ts'
import { noteMeasurement } from './measured.ts'

/** What a histogram is called, and the scope it belongs to. */
export interface DurationDescriptor {
  readonly scopeName: string
  readonly scopeVersion: string
  readonly name: string
  readonly description: string
  readonly unit: string
  /** Upper bounds of the buckets, ascending. */
  readonly boundaries: readonly number[]
}

/** One attribute set of a histogram. Callers keep it: it stays valid for as long as they do. */
export interface Series {
  /**
   * Anything but a finite number of at least 0 is ignored.
   * @param span what took so long; an exemplar may name it
   */
  record(value: number, span?: Span): void
}

export interface DurationHistogram {
  /** The series of these attributes: the same one for attributes that are equal in any order. They are copied. */
  series(attributes: Attributes): Series
}

// values of the SDK's enums, written out so that this module loads no SDK
export const HISTOGRAM = 'HISTOGRAM' as Parameters<NonNullable<PushMetricExporter['selectAggregation']>>[0]
const DOUBLE = 1
const HISTOGRAM_POINTS = 0
export const DELTA = 0
export const CUMULATIVE = 1
/** Series of a histogram in one collection, the one for what is beyond the limit included. */
const CARDINALITY_LIMIT = 2000
const OVERFLOW: Attributes = { 'otel.metric.overflow': true }

export class Family implements DurationHistogram {
  readonly boundaries: number[]
  /** Which interval is being recorded; a series of another one has to be admitted first. */
  interval = 1
  /** Counts collections. */
  collections = 1
  private readonly descriptor: MetricData['descriptor']
  readonly isDelta: boolean
  /** Undefined where there are to be no exemplars. */
  readonly spans: SpanChooser | undefined
  private readonly known = new Map<string, DurationSeries>()
  private readonly overflow: DurationSeries
  private active: DurationSeries[] = []
  private lastCollection: HrTime = [0, 0]

  constructor({ name, description, unit, boundaries }: DurationDescriptor, isDelta: boolean, spans?: SpanChooser) {
    this.spans = spans
    this.descriptor = {
      name,
      description,
      unit,
      valueType: DOUBLE,
      type: HISTOGRAM,
      advice: {},
    } as MetricData['descriptor']
    this.boundaries = [...boundaries]
    this.isDelta = isDelta
    this.overflow = new DurationSeries(this, keyOf(OVERFLOW), OVERFLOW)
  }

  series(attributes: Attributes): Series {
    const key = keyOf(attributes)
    return this.known.get(key) ?? new DurationSeries(this, key, { ...attributes })
  }

  /** The series which takes the values of this one: itself as a rule. */
  admit(series: DurationSeries): DurationSeries {
    noteMeasurement()
    const known = this.known.get(series.key) ?? series
    if (known.interval === this.interval) return known
    const isFull = this.active.length >= CARDINALITY_LIMIT - 1 && known !== this.overflow
    if (isFull) return this.overflow.interval === this.interval ? this.overflow : this.admit(this.overflow)
    known.begin(this.interval, toHrTime(Date.now()))
    this.known.set(known.key, known)
    this.active.push(known)
    return known
  }

  collect(time: HrTime): DataPoint<Histogram>[] {
    const points = this.active.map((series) => series.toPoint(time, this.lastCollection))
    if (this.isDelta) {
      // what rests for an interval is forgotten here; whoever still holds it brings it back with the next value
      for (const [key, series] of this.known) if (series.interval < this.interval) this.known.delete(key)
      this.active = []
      this.interval++
    }
    this.lastCollection = time
    this.collections++
    return points
  }

  describe(dataPoints: DataPoint<Histogram>[]): MetricData {
    return {
      descriptor: this.descriptor,
      aggregationTemporality: this.isDelta ? DELTA : CUMULATIVE,
      dataPointType: HISTOGRAM_POINTS,
      dataPoints,
    } as MetricData
  }
}

// places of a series' cells; the counts of the buckets follow
const COUNT = 0
const SUM = 1
const MIN = 2
const MAX = 3
const BUCKETS = 4

class DurationSeries implements Series {
  readonly key: string
  /** The interval it was last admitted to. */
  interval = 0
  private previousInterval = 0
  private startTime: HrTime = [0, 0]
  private readonly family: Family
  private readonly attributes: Attributes
  private readonly boundaries: number[]
  private readonly cells: Float64Array
  private reservoir: Reservoir | undefined

  constructor(family: Family, key: string, attributes: Attributes) {
    this.family = family
    this.key = key
    this.attributes = attributes
    this.boundaries = family.boundaries
    this.cells = new Float64Array(BUCKETS + family.boundaries.length + 1)
  }

  record(value: number, span?: Span): void {
    if (typeof value !== 'number' || !(value >= 0 && value <= Number.MAX_VALUE)) return
    const series = this.interval === this.family.interval ? this : this.family.admit(this)
    series.add(value)
    const { spans } = this.family
    const chosen = spans === undefined ? undefined : spans.fromSpan(span)
    if (chosen !== undefined) series.offer(value, chosen, this.attributes)
  }

  begin(interval: number, time: HrTime): void {
    this.previousInterval = this.interval
    this.interval = interval
    this.startTime = time
    this.cells.fill(0)
    this.cells[MIN] = Number.POSITIVE_INFINITY
    this.cells[MAX] = Number.NEGATIVE_INFINITY
  }

  add(value: number): void {
    const { cells, boundaries } = this
    cells[COUNT]! += 1
    cells[SUM]! += value
    if (value < cells[MIN]!) cells[MIN] = value
    if (value > cells[MAX]!) cells[MAX] = value
    let bucket = 0
    while (bucket < boundaries.length && boundaries[bucket]! < value) bucket++
    cells[BUCKETS + bucket]! += 1
  }

  /** @param given attributes of what was measured: others than those of the series where it is the one for all beyond the limit */
  offer(value: number, span: SpanContext, given: Attributes): void {
    const { boundaries, family, attributes } = this
    this.reservoir ??= new Reservoir({ size: boundaries.length + 1, boundaries })
    const filter = given === attributes ? undefined : () => given
    this.reservoir.offer(value, span, family.collections, filter)
  }

  /** A series which the interval before had as well goes on where that one ended. */
  toPoint(endTime: HrTime, lastCollection: HrTime): DataPoint<Histogram> & WithExemplars {
    const { cells, boundaries, family } = this
    const exemplars = this.reservoir?.keptSince(family.isDelta ? family.collections - 1 : 0) ?? []
    const continues = this.previousInterval > 0 && this.previousInterval === this.interval - 1
    return {
      attributes: this.attributes,
      startTime: continues ? lastCollection : this.startTime,
      endTime,
      value: {
        min: cells[MIN]!,
        max: cells[MAX]!,
        sum: cells[SUM]!,
        buckets: { boundaries, counts: Array.from(cells.subarray(BUCKETS)) },
        count: cells[COUNT]!,
      },
      ...(exemplars.length > 0 && { exemplars: exemplars.map(toExemplar) }),
    }
  }
}

export function toHrTime(millis: number): HrTime {
  return [Math.trunc(millis / 1000), Math.round((millis % 1000) * 1e6)]
}
