/**
 * Whole numbers past 2^53 in log records. The SDK takes no BigInt, and exporters of the application know none: they get its digits as text, and
 * delivery the number, as OTLP has it.
 */
import type { LogRecord } from '@opentelemetry/api'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { keysOf, readProperty } from '../attribute-values.ts'

interface BigInts {
  readonly attributes: ReadonlyMap<string, bigint>
  readonly body: bigint | undefined
}

/** Of the record that is being emitted: processors are called before that returns. */
let underWay: BigInts | undefined

export function emitWithBigInts({ attributes, body }: LogRecord, emit: () => void): void {
  const before = underWay
  const found = { attributes: bigIntsOf(attributes), body: isLarge(body) ? body : undefined }
  underWay = found.attributes.size > 0 || found.body !== undefined ? found : undefined
  try {
    emit()
  } finally {
    underWay = before
  }
}

/** Whether the record that is being emitted has some. */
export const hasBigInts = (): boolean => underWay !== undefined

function bigIntsOf(attributes: unknown): Map<string, bigint> {
  const found = new Map<string, bigint>()
  for (const key of keysOf(attributes)) {
    const value = readProperty(attributes as object, key)
    if (isLarge(value)) found.set(key, value)
  }
  return found
}

const isLarge = (value: unknown): value is bigint =>
  typeof value === 'bigint' && BigInt.asIntN(64, value) === value && !Number.isSafeInteger(Number(value))

/** Right before delivery, for records that are wanted by others: what a processor of the application has put in the place of one stays. */
export const bigIntRestorer: LogRecordProcessor = {
  onEmit(record) {
    if (underWay === undefined) return
    const attributes = record.attributes as Record<string, unknown>
    for (const [key, value] of underWay.attributes) if (attributes[key] === value.toString()) attributes[key] = value
    if (underWay.body !== undefined && record.body === underWay.body.toString()) record.body = underWay.body as never
  },
  enabled: () => false,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}
