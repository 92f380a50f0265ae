/** Drops the log records of traces that the tail sampler drops: those of an undecided trace wait for its end. */
import type { LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs'
import { createOldest } from '../../oldest.ts'
import type { Fates } from '../traces/fates.ts'
import { sizeOfValue } from '../value-size.ts'

/** At either limit the records of the oldest trace are passed on, whatever becomes of it. */
const MAX_HELD = 10_000
const MAX_BYTES = 16 * 1024 * 1024
const RECORD_BYTES = 600

interface Held {
  readonly records: ReadWriteLogRecord[]
  bytes: number
}

export function createKeptTraceProcessor(fates: Fates, next: LogRecordProcessor): LogRecordProcessor {
  /** Oldest first. */
  const held = new Map<string, Held>()
  const takeOldest = createOldest(held)
  let count = 0
  let bytes = 0
  fates.onDecided = (traceId, isKept) => {
    const records = release(traceId)
    if (isKept) for (const record of records) next.onEmit(record)
  }
  return {
    onEmit(record: ReadWriteLogRecord) {
      const traceId = record.spanContext?.traceId
      const fate = traceId === undefined ? undefined : fates.fateOf(traceId)
      if (fate === 'open') hold(traceId!, record)
      else if (fate !== 'dropped') next.onEmit(record)
    },
    // the tail sampler has decided everything by then
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  }

  function hold(traceId: string, record: ReadWriteLogRecord): void {
    const trace = held.get(traceId) ?? { records: [], bytes: 0 }
    held.set(traceId, trace)
    const size = RECORD_BYTES + sizeOfValue(record.body) + sizeOfValue(record.attributes)
    trace.records.push(record)
    trace.bytes += size
    bytes += size
    count++
    while (count > MAX_HELD || bytes > MAX_BYTES) passOldest()
  }

  function passOldest(): void {
    const oldest = takeOldest()
    if (oldest !== undefined) for (const passed of release(oldest[0])) next.onEmit(passed)
  }

  function release(traceId: string): readonly ReadWriteLogRecord[] {
    const trace = held.get(traceId)
    if (trace === undefined) return []
    held.delete(traceId)
    count -= trace.records.length
    bytes -= trace.bytes
    return trace.records
  }
}
