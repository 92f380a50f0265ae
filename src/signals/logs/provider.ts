/** Composes the logger provider. */
import type { SeverityNumber } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  LoggerProvider,
  type LogRecordLimits,
  type LogRecordProcessor,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import type { MaskValue } from '../../config/redaction-options.ts'
import type { Config } from '../../config/resolve.ts'
import { withoutUndefined } from '../../config/without-undefined.ts'
import { createBaggageProcessor } from '../baggage-attributes.ts'
import { flushProcessors } from '../flush-processors.ts'
import { createPrettyLogExporter } from '../pretty-print.ts'
import type { Fates } from '../traces/fates.ts'
import { withBigInts } from './big-ints.ts'
import { createKeptTraceProcessor } from './kept-traces.ts'
import { createLeastSeverity } from './least-severity.ts'
import { quickenLoggers } from './quick-loggers.ts'
import { createStatusProcessor } from './span-status.ts'

/** Of attributes in one record, where nothing else is configured. */
const STANDARD_COUNT_LIMIT = 128

export interface LogsOptions {
  readonly resource: Resource
  readonly limits: Config['logRecordLimits']
  readonly minSeverity: SeverityNumber
  /** By name of a logger, with `*`. */
  readonly severities: Readonly<Record<string, SeverityNumber>>
  /** Leaves out the records of traces that were not sampled. */
  readonly dropsUnsampled: boolean
  /** What becomes of traces that are decided when they have ended; undefined where log records do not depend on it. */
  readonly fates?: Fates | undefined
  /** Error records set the status of their span. */
  readonly setsSpanStatus: boolean
  /** The user's processors; they run before delivery. */
  readonly logRecordProcessors: readonly LogRecordProcessor[]
  readonly delivery: LogRecordProcessor | undefined
  readonly baggageKeys: readonly string[]
  readonly printsPretty: boolean
  /** For what is printed or served. */
  readonly mask?: MaskValue | undefined
}

export function createLoggerProvider(options: LogsOptions): LoggerProvider {
  const { attributeValueLengthLimit, ...limits } = withoutUndefined(options.limits)
  // the SDK takes 0 for a mistake and the next number above it for no characters, which is what 0 means
  const length = attributeValueLengthLimit === 0 ? Number.MIN_VALUE : attributeValueLengthLimit
  const leastSeverityOf = createLeastSeverity(options.minSeverity, options.severities)
  const logRecordLimits = withoutUndefined({ ...limits, attributeValueLengthLimit: length }) as LogRecordLimits
  const processors: LogRecordProcessor[] = [
    ...(options.baggageKeys.length > 0 ? [createBaggageProcessor(options.baggageKeys)] : []),
    ...(options.setsSpanStatus ? [createStatusProcessor()] : []),
    ...options.logRecordProcessors,
    ...(options.delivery ? [withBigInts(ofKeptTraces(options.delivery, options.fates))] : []),
    ...(options.printsPretty
      ? [new SimpleLogRecordProcessor({ exporter: createPrettyLogExporter(options.mask) })]
      : []),
  ]
  const provider = new LoggerProvider({
    resource: options.resource,
    logRecordLimits,
    loggerConfigurator: ({ name }) => ({
      enabled: true,
      minimumSeverity: leastSeverityOf(name),
      traceBased: options.dropsUnsampled,
    }),
    processors,
  })
  // the timers of the SDK would hold the process, whoever waits
  provider.forceFlush = (flushOptions) => flushProcessors(processors, 'Log record', flushOptions)
  const { delivery, resource, minSeverity } = options
  if (delivery && isStraight(options))
    quickenLoggers(provider, {
      resource,
      minSeverity,
      attributeCountLimit: limits.attributeCountLimit ?? STANDARD_COUNT_LIMIT,
      attributeValueLengthLimit: attributeValueLengthLimit ?? Number.POSITIVE_INFINITY,
      delivery,
    })
  return provider
}

function ofKeptTraces(delivery: LogRecordProcessor, fates: Fates | undefined): LogRecordProcessor {
  return fates ? createKeptTraceProcessor(fates, delivery) : delivery
}

/** Whether every record goes to delivery as it is, whatever the name of its logger and the state of its span. */
function isStraight(options: LogsOptions): boolean {
  const { baggageKeys, logRecordProcessors, severities, fates } = options
  const hasOptIn = options.setsSpanStatus || options.dropsUnsampled || options.printsPretty || fates !== undefined
  return !hasOptIn && baggageKeys.length + logRecordProcessors.length + Object.keys(severities).length === 0
}
