/** The meter provider of a configuration file: readers and views. */
import type { ViewConfigModel } from '@opentelemetry/configuration'
import {
  type AggregationOption,
  AggregationType,
  createAllowListAttributesProcessor,
  createDenyListAttributesProcessor,
  type InstrumentType,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import { withoutUndefined } from '../without-undefined.ts'
import { addExporter, nameExporter } from './exporters.ts'
import { type Draft, given, type Model, onlyMember, unsupported } from './model.ts'

/** Of the specification; ours apply without a file only. */
const DEFAULT_INTERVAL_MILLIS = 60_000
const DEFAULT_TIMEOUT_MILLIS = 30_000

type Settings = Record<string, unknown>

export function addMeterProvider(draft: Draft, { meter_provider: provider }: Model): void {
  if (!provider) {
    nameExporter(draft, 'metrics', 'none')
    return
  }
  for (const reader of provider.readers) {
    const [name, settings] = onlyMember('a metric reader', reader as Settings)
    if (name === 'pull') addPull(draft, settings)
    else if (name === 'periodic') addPeriodic(draft, settings)
    else unsupported('the metric reader', name, ['periodic', 'pull'])
    for (const ignored of ['producers', 'cardinality_limits', 'max_export_batch_size/development'])
      if (settings[ignored]) draft.warnings.push(`meter_provider.readers.${ignored}`)
  }
  if (provider.views) draft.options.views = provider.views.map(toView)
  if (provider.exemplar_filter) draft.environment.OTEL_METRICS_EXEMPLAR_FILTER = provider.exemplar_filter
  if (provider['meter_configurator/development']) draft.warnings.push('meter_provider.meter_configurator/development')
}

function addPull(draft: Draft, settings: Settings): void {
  const [name, prometheus] = onlyMember('a pull exporter', settings['exporter'] as Settings)
  if (name !== 'prometheus/development') unsupported('the pull exporter', name, ['prometheus/development'])
  nameExporter(draft, 'metrics', 'prometheus')
  if (prometheus['host']) draft.environment.OTEL_EXPORTER_PROMETHEUS_HOST = String(prometheus['host'])
  if (prometheus['port'] != null) draft.environment.OTEL_EXPORTER_PROMETHEUS_PORT = String(prometheus['port'])
}

function addPeriodic(draft: Draft, settings: Settings): void {
  const exporter = settings['exporter'] as Settings
  addExporter(draft, 'metrics', exporter)
  const [, otlp] = onlyMember('a metric exporter', exporter)
  const interval = (settings['interval'] as number | null | undefined) ?? DEFAULT_INTERVAL_MILLIS
  const timeout = (settings['timeout'] as number | null | undefined) ?? DEFAULT_TIMEOUT_MILLIS
  draft.options.metricExportIntervalMillis ??= interval
  draft.options.metricExportTimeoutMillis ??= timeout === 0 ? interval : Math.min(timeout, interval)
  const preference = (otlp['temporality_preference'] as string | null | undefined) ?? 'cumulative'
  draft.options.temporalityPreference ??= preference.replace('_', '') as 'cumulative'
  const aggregation = otlp['default_histogram_aggregation'] as 'explicit_bucket_histogram' | null | undefined
  draft.options.histogramAggregation ??= aggregation ?? 'explicit_bucket_histogram'
}

function toView({ selector, stream }: ViewConfigModel): ViewOptions {
  const keys = stream.attribute_keys
  return withoutUndefined({
    instrumentName: given(selector.instrument_name),
    instrumentType: given(selector.instrument_type)?.toUpperCase() as InstrumentType | undefined,
    instrumentUnit: given(selector.unit),
    meterName: given(selector.meter_name),
    meterVersion: given(selector.meter_version),
    meterSchemaUrl: given(selector.meter_schema_url),
    name: given(stream.name),
    description: given(stream.description),
    aggregation: stream.aggregation ? toAggregation(stream.aggregation) : undefined,
    aggregationCardinalityLimit: given(stream.aggregation_cardinality_limit),
    attributesProcessors: keys
      ? [
          ...(keys.included ? [createAllowListAttributesProcessor(keys.included)] : []),
          ...(keys.excluded ? [createDenyListAttributesProcessor(keys.excluded)] : []),
        ]
      : undefined,
  }) as ViewOptions
}

function toAggregation(model: object): AggregationOption {
  const [name, settings] = onlyMember('an aggregation', model as Settings)
  const recordMinMax = (settings['record_min_max'] as boolean | null | undefined) ?? true
  switch (name) {
    case 'drop':
      return { type: AggregationType.DROP }
    case 'sum':
      return { type: AggregationType.SUM }
    case 'last_value':
      return { type: AggregationType.LAST_VALUE }
    case 'explicit_bucket_histogram': {
      const boundaries = settings['boundaries'] as number[] | undefined
      return boundaries
        ? { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries, recordMinMax } }
        : { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM }
    }
    case 'base2_exponential_bucket_histogram': {
      const maxSize = (settings['max_size'] as number | null | undefined) ?? 160
      return { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize, recordMinMax } }
    }
    default:
      return { type: AggregationType.DEFAULT }
  }
}
