/**
 * Whole numbers past 2^53 in log records. The SDK takes no BigInt, and exporters of the application know none: they get its digits as text, and
 * delivery the number, as OTLP has it.
 */
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { setOwn } from '../attribute-values.ts'

/** Values of one record that hold some, as they were given. */
export interface BigInts {
  readonly attributes: Map<string, unknown>
  body: unknown
}

/** Of the record that is being emitted: processors are called before that returns. */
let underWay: BigInts | undefined

export function emitWithBigInts(bigInts: BigInts, emit: () => void): void {
  const before = underWay
  underWay = bigInts.attributes.size > 0 || bigInts.body !== undefined ? bigInts : undefined
  try {
    emit()
  } finally {
    underWay = before
  }
}

/** Whether the record that is being emitted has some. */
export const hasBigInts = (): boolean => underWay !== undefined

/** The value itself where it holds none. */
export function bigIntsAsText(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return holdsBigInt(value) ? mapInner(value as object, bigIntsAsText) : value
}

function holdsBigInt(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return typeof value === 'bigint'
  return Object.values(value).some(holdsBigInt)
}

/** Hands on a copy with the numbers: others may still read the record. What a processor of the application has put in the place of one stays. */
export function withBigInts(delivery: LogRecordProcessor): LogRecordProcessor {
  return {
    onEmit(record, context) {
      if (underWay === undefined) {
        delivery.onEmit(record, context)
        return
      }
      const attributes: Record<string, unknown> = { ...record.attributes }
      for (const [key, given] of underWay.attributes)
        if (Object.hasOwn(attributes, key)) setOwn(attributes, key, restore(attributes[key], given))
      const body = restore(record.body, underWay.body)
      delivery.onEmit(Object.create(record, { attributes: { value: attributes }, body: { value: body } }), context)
    },
    ...(delivery.enabled && { enabled: delivery.enabled.bind(delivery) }),
    forceFlush: () => delivery.forceFlush(),
    shutdown: () => delivery.shutdown(),
  }
}

function restore(text: unknown, given: unknown): unknown {
  if (typeof given === 'bigint') return text === given.toString() ? given : text
  if (typeof text !== 'object' || text === null || !holdsBigInt(given)) return text
  return mapInner(text, (inner, key) => restore(inner, (given as Record<string, unknown>)[key]))
}

function mapInner(value: object, change: (inner: unknown, key: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((inner, index) => change(inner, String(index)))
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) setOwn(copy, key, change(inner, key))
  return copy
}
