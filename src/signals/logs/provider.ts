/** Composes the logger provider. */
import type { SeverityNumber } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  LoggerProvider,
  type LogRecordLimits,
  type LogRecordProcessor,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import type { Config } from '../../config/resolve.ts'
import { withoutUndefined } from '../../config/without-undefined.ts'
import { createBaggageProcessor } from '../baggage-attributes.ts'
import { createPrettyLogExporter } from '../pretty-print.ts'
import { quickenLoggers } from './quick-loggers.ts'

/** Of attributes in one record, where nothing else is configured. */
const STANDARD_COUNT_LIMIT = 128

export interface LogsOptions {
  readonly resource: Resource
  readonly limits: Config['logRecordLimits']
  readonly minSeverity: SeverityNumber
  /** The user's processors; they run before delivery. */
  readonly logRecordProcessors: readonly LogRecordProcessor[]
  readonly delivery: LogRecordProcessor | undefined
  readonly baggageKeys: readonly string[]
  readonly printsPretty: boolean
}

export function createLoggerProvider(options: LogsOptions): LoggerProvider {
  const { attributeValueLengthLimit, ...limits } = withoutUndefined(options.limits)
  // the SDK takes 0 for a mistake and the next number above it for no characters, which is what 0 means
  const length = attributeValueLengthLimit === 0 ? Number.MIN_VALUE : attributeValueLengthLimit
  const logRecordLimits = withoutUndefined({ ...limits, attributeValueLengthLimit: length }) as LogRecordLimits
  const provider = new LoggerProvider({
    resource: options.resource,
    logRecordLimits,
    loggerConfigurator: () => ({ enabled: true, minimumSeverity: options.minSeverity, traceBased: false }),
    processors: [
      ...(options.baggageKeys.length > 0 ? [createBaggageProcessor(options.baggageKeys)] : []),
      ...options.logRecordProcessors,
      ...(options.delivery ? [options.delivery] : []),
      ...(options.printsPretty ? [new SimpleLogRecordProcessor({ exporter: createPrettyLogExporter() })] : []),
    ],
  })
  const { baggageKeys, logRecordProcessors, delivery, printsPretty, resource, minSeverity } = options
  if (delivery && baggageKeys.length === 0 && logRecordProcessors.length === 0 && !printsPretty)
    quickenLoggers(provider, {
      resource,
      minSeverity,
      attributeCountLimit: limits.attributeCountLimit ?? STANDARD_COUNT_LIMIT,
      attributeValueLengthLimit: attributeValueLengthLimit ?? Number.POSITIVE_INFINITY,
      delivery,
    })
  return provider
}
