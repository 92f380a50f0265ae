/** Writes log records. */
import type { DecodedLog, Group, Value } from '../../wire/decode-types.ts'
import { type StoreContext, scopeKey } from './context.ts'
import { createMultiInsert } from './multi-insert.ts'
import type { TraceSummaries } from './traces.ts'

export interface LogWriter {
  write(groups: readonly Group<DecodedLog>[], nowUs: number): number
  reset(): void
}

const COLUMNS = [
  'time_us',
  'time_rem',
  'sev',
  'sev_text',
  'svc',
  'resource_id',
  'scope_id',
  'trace_id',
  'span_id',
  'event',
  'body',
  'attrs',
]
/** Control sequences of terminals: colours, cursor, titles. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g

export function createLogWriter(context: StoreContext, traces: TraceSummaries): LogWriter {
  const rows = createMultiInsert(context.database, 'log', COLUMNS)
  return {
    write(groups, nowUs) {
      let stored = 0
      for (const group of groups) {
        const resource = context.resources.of(group.resource)
        const scope = context.scopes.idOf(scopeKey(group.scope))
        let first = Number.MAX_SAFE_INTEGER
        let last = 0
        for (const log of group.items) {
          const time = log.timeUs || log.observedUs || nowUs
          const traceId = log.traceId || null
          rows.add([
            time,
            log.timeUs ? log.remainderNs : 0,
            log.severityNumber > 24 ? 0 : log.severityNumber,
            log.severityText || null,
            resource.svc,
            resource.id,
            scope,
            traceId,
            log.spanId || null,
            log.eventName || null,
            bodyText(log.body),
            JSON.stringify(log.attributes),
          ])
          if (traceId !== null) {
            const trace = traces.of(traceId)
            trace.logs++
            trace.seenUs = nowUs
          }
          if (time < first) first = time
          if (time > last) last = time
        }
        if (group.items.length > 0) context.resources.touch(resource, first, last, 0, group.items.length)
        stored += group.items.length
      }
      rows.flush()
      return stored
    },
    reset: () => rows.reset(),
  }
}

/** Text without terminal colours; a structured body is compact JSON. */
export function bodyText(body: Value): string {
  if (body === null) return ''
  return typeof body === 'string' ? body.replace(ANSI, '') : JSON.stringify(body)
}
