/** Drops the log records of traces that the tail sampler drops: those of an undecided trace wait for its end. */
import type { LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs'
import type { Fates } from '../traces/fates.ts'

/** At the limit the records of the oldest trace are passed on, whatever becomes of it. */
const MAX_HELD = 10_000

export function createKeptTraceProcessor(fates: Fates, next: LogRecordProcessor): LogRecordProcessor {
  /** Oldest first. */
  const held = new Map<string, ReadWriteLogRecord[]>()
  let count = 0
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
    const records = held.get(traceId) ?? []
    if (records.length === 0) held.set(traceId, records)
    records.push(record)
    if (++count <= MAX_HELD) return
    for (const oldest of held.keys()) {
      for (const passed of release(oldest)) next.onEmit(passed)
      return
    }
  }

  function release(traceId: string): readonly ReadWriteLogRecord[] {
    const records = held.get(traceId) ?? []
    held.delete(traceId)
    count -= records.length
    return records
  }
}
