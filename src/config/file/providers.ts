/** The providers of traces and logs of a configuration file. */
import type { BatchOptions, ConfigureOptions } from '../options.ts'
import { withoutUndefined } from '../without-undefined.ts'
import { addExporter, nameExporter } from './exporters.ts'
import { type Draft, given, type Model, onlyMember, unsupported } from './model.ts'
import { toSampler } from './sampler.ts'

interface Processor {
  readonly schedule_delay?: number | null
  readonly export_timeout?: number | null
  readonly max_queue_size?: number | null
  readonly max_export_batch_size?: number | null
  readonly exporter: Record<string, unknown>
}

export function addTracerProvider(draft: Draft, { tracer_provider: provider, attribute_limits: general }: Model): void {
  if (!provider) {
    nameExporter(draft, 'traces', 'none')
    return
  }
  const batches = provider.processors.map((processor) =>
    addProcessor(draft, 'traces', processor as Record<string, unknown>, ['zipkin']),
  )
  const { limits, sampler, id_generator: generator } = provider
  draft.options.batchSpanProcessor = firstBatch(draft, 'tracer_provider', batches)
  draft.options.spanLimits = withoutUndefined({
    attributeValueLengthLimit: given(limits?.attribute_value_length_limit ?? general?.attribute_value_length_limit),
    attributeCountLimit: given(limits?.attribute_count_limit ?? general?.attribute_count_limit),
    eventCountLimit: given(limits?.event_count_limit),
    linkCountLimit: given(limits?.link_count_limit),
    attributePerEventCountLimit: given(limits?.event_attribute_count_limit),
    attributePerLinkCountLimit: given(limits?.link_attribute_count_limit),
  })
  if (sampler) Object.assign(draft.options, toSampler(sampler))
  if (generator && !('random' in generator))
    unsupported('the id generator', Object.keys(generator)[0] ?? '', ['random'])
  if (provider['tracer_configurator/development'])
    draft.warnings.push('tracer_provider.tracer_configurator/development')
}

export function addLoggerProvider(draft: Draft, { logger_provider: provider, attribute_limits: general }: Model): void {
  if (!provider) {
    nameExporter(draft, 'logs', 'none')
    return
  }
  const batches = provider.processors.map((processor) =>
    addProcessor(draft, 'logs', processor as Record<string, unknown>),
  )
  const { limits } = provider
  draft.options.batchLogRecordProcessor = firstBatch(draft, 'logger_provider', batches)
  draft.options.logRecordLimits = withoutUndefined({
    attributeValueLengthLimit: given(limits?.attribute_value_length_limit ?? general?.attribute_value_length_limit),
    attributeCountLimit: given(limits?.attribute_count_limit ?? general?.attribute_count_limit),
  })
  const configurator = provider['logger_configurator/development']
  const severity = configurator?.default_config?.minimum_severity
  if (severity) draft.options.minLogSeverity = toSeverityNumber(severity)
  if (configurator?.loggers?.length) draft.warnings.push('logger_provider.logger_configurator/development.loggers')
}

function addProcessor(
  draft: Draft,
  signal: 'traces' | 'logs',
  processor: Record<string, unknown>,
  extra: readonly string[] = [],
): BatchOptions {
  const [name, settings] = onlyMember(`a processor of ${signal}`, processor)
  if (name !== 'batch' && name !== 'simple') unsupported(`the processor of ${signal}`, name, ['batch', 'simple'])
  const { exporter, ...batch } = settings as unknown as Processor
  addExporter(draft, signal, exporter, extra)
  if (name === 'simple') return { scheduledDelayMillis: 0 }
  return withoutUndefined({
    scheduledDelayMillis: given(batch.schedule_delay),
    exportTimeoutMillis: given(batch.export_timeout),
    maxQueueSize: given(batch.max_queue_size),
    maxExportBatchSize: given(batch.max_export_batch_size),
  })
}

/** All destinations of a signal get the same batches. */
function firstBatch(
  draft: Draft,
  where: string,
  batches: readonly BatchOptions[],
): NonNullable<ConfigureOptions['batchSpanProcessor']> {
  const [first = {}, ...others] = batches
  if (others.some((other) => JSON.stringify(other) !== JSON.stringify(first)))
    draft.warnings.push(`${where}.processors: batch settings of any but the first`)
  return first
}

const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** `warn3` is 15. */
export function toSeverityNumber(name: string): number {
  const [, base, step = '1'] = /^([a-z]+)(\d?)$/.exec(name) ?? []
  return SEVERITIES.indexOf(base ?? '') * 4 + Number(step || '1')
}
