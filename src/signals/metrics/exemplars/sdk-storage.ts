/**
 * What of the SDK's metrics exemplars need, which it has no seam for: the storages behind an instrument, one for each view and reader, with their
 * aggregation and the attributes they keep. Where the insides look otherwise, there are no exemplars.
 */
import { type Attributes, type Context, type HrTime, ValueType } from '@opentelemetry/api'
import type { MetricData } from '@opentelemetry/sdk-metrics'
import type { Shape } from './reservoir.ts'

/** Of one view of an instrument, or of one reader. */
export interface SdkStorage {
  collect(collector: object, time: HrTime): MetricData | undefined
  record(...args: unknown[]): void
  readonly _instrumentDescriptor: { readonly valueType: ValueType }
  /** Keeps the attributes that a view names; undefined where all are kept. */
  readonly _attributesProcessor?: { process(attributes: Attributes, context?: Context): Attributes } | undefined
  readonly _deltaMetricStorage: { readonly _aggregator: Aggregator }
}

interface Aggregator {
  readonly kind: number
  readonly _boundaries?: readonly number[]
  readonly _maxSize?: number
}

interface Instrument {
  readonly _metricStorages?: readonly unknown[]
  readonly _writableMetricStorage?: { readonly _backingStorages?: readonly unknown[] }
}

// values of AggregatorKind
const DROP = 0
const HISTOGRAM = 3
const EXPONENTIAL_HISTOGRAM = 4
/** What the specification has for exponential histograms at most. */
const MAX_EXPONENTIAL = 20

/** The storages that what is measured with an instrument goes to; those that drop all are left out. */
export function storagesOf(instrument: object): SdkStorage[] {
  const { _metricStorages: observed, _writableMetricStorage: written } = instrument as Instrument
  const storages = observed ?? written?._backingStorages ?? [written]
  return storages.filter((storage): storage is SdkStorage => isStorage(storage) && kindOf(storage) !== DROP)
}

/** One exemplar for each bucket, as many as the specification says for exponential histograms, else one: no two measurements run at once here. */
export function shapeOf({ _deltaMetricStorage: { _aggregator: aggregator } }: SdkStorage): Shape {
  const { kind, _boundaries: boundaries, _maxSize: maxSize } = aggregator
  if (kind === HISTOGRAM && Array.isArray(boundaries)) return { size: boundaries.length + 1, boundaries }
  return { size: kind === EXPONENTIAL_HISTOGRAM ? Math.min(MAX_EXPONENTIAL, maxSize ?? MAX_EXPONENTIAL) : 1 }
}

export const isWhole = ({ _instrumentDescriptor: descriptor }: SdkStorage): boolean =>
  descriptor.valueType === ValueType.INT

const kindOf = ({ _deltaMetricStorage: { _aggregator: aggregator } }: SdkStorage): number => aggregator.kind

function isStorage(value: unknown): value is SdkStorage {
  const storage = value as Partial<SdkStorage> | undefined
  return (
    typeof storage?.collect === 'function' &&
    typeof storage._deltaMetricStorage?._aggregator?.kind === 'number' &&
    storage._instrumentDescriptor !== undefined
  )
}
