/** Trace ids of AWS X-Ray, whose first eight digits are the time in seconds. A chunk of its own, loaded where that back end is chosen. */
import type { IdGenerator } from '@opentelemetry/sdk-trace'
import { dateNow } from '../../timers.ts'
import { createIdGenerator } from './id-generator.ts'

/** @see https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids */
export function createXrayIdGenerator(now: () => number = dateNow): IdGenerator {
  const random = createIdGenerator()
  return {
    generateTraceId: () =>
      (Math.floor(now() / 1000) >>> 0).toString(16).padStart(8, '0') + random.generateTraceId().slice(8),
    generateSpanId: random.generateSpanId,
  }
}
