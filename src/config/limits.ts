/** Limits of spans and log records, and the sizes of batches. */
import type { Config, SpanLimitValues } from './config.ts'
import type { EnvironmentReader } from './environment.ts'
import type { BatchOptions, ConfigureOptions } from './options.ts'

export function resolveSpanLimits({ spanLimits: given }: ConfigureOptions, env: EnvironmentReader): SpanLimitValues {
  return {
    attributeCountLimit:
      given?.attributeCountLimit ??
      env.number('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT') ??
      env.number('OTEL_ATTRIBUTE_COUNT_LIMIT'),
    attributeValueLengthLimit:
      given?.attributeValueLengthLimit ??
      env.number('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
      env.number('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
    eventCountLimit: given?.eventCountLimit ?? env.number('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    linkCountLimit: given?.linkCountLimit ?? env.number('OTEL_SPAN_LINK_COUNT_LIMIT'),
    attributePerEventCountLimit:
      given?.attributePerEventCountLimit ??
      env.number('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT') ??
      env.number('OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'),
    attributePerLinkCountLimit:
      given?.attributePerLinkCountLimit ??
      env.number('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT') ??
      env.number('OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'),
  }
}

export function resolveLogRecordLimits(
  { logRecordLimits: given }: ConfigureOptions,
  env: EnvironmentReader,
): Config['logRecordLimits'] {
  return {
    attributeCountLimit:
      given?.attributeCountLimit ??
      env.number('OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT') ??
      env.number('OTEL_ATTRIBUTE_COUNT_LIMIT'),
    attributeValueLengthLimit:
      given?.attributeValueLengthLimit ??
      env.number('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
      env.number('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
  }
}

/** Somebody looks at the local viewer while the program runs. */
const LOCAL_DELAY_MILLIS = 100

/** @param isLocal all goes to the local viewer alone */
export function resolveBatch(
  given: BatchOptions | undefined,
  env: EnvironmentReader,
  prefix: 'OTEL_BSP' | 'OTEL_BLRP',
  isLocal: boolean,
): Required<BatchOptions> {
  const maxQueueSize = given?.maxQueueSize ?? env.number(`${prefix}_MAX_QUEUE_SIZE`)
  const asked = given?.maxExportBatchSize ?? env.number(`${prefix}_MAX_EXPORT_BATCH_SIZE`)
  const variable = `${prefix}_MAX_EXPORT_BATCH_SIZE` as const
  if (asked > maxQueueSize && env.text(variable) !== undefined && given?.maxExportBatchSize === undefined)
    env.warn(
      variable,
      `${variable}=${asked} is larger than the queue, which holds ${maxQueueSize}; ${maxQueueSize} is used`,
    )
  return {
    maxQueueSize,
    maxExportBatchSize: Math.min(asked, maxQueueSize),
    scheduledDelayMillis: given?.scheduledDelayMillis ?? delayOf(`${prefix}_SCHEDULE_DELAY`),
    exportTimeoutMillis: given?.exportTimeoutMillis ?? env.number(`${prefix}_EXPORT_TIMEOUT`),
  }

  function delayOf(name: 'OTEL_BSP_SCHEDULE_DELAY' | 'OTEL_BLRP_SCHEDULE_DELAY'): number {
    return isLocal && env.text(name) === undefined ? LOCAL_DELAY_MILLIS : env.number(name)
  }
}
