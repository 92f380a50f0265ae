/** Log records of a span, or of all below it. */
import { useSignal } from '@preact/signals'
import type { LogList, LogRow, SpanRow } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { severityClass } from '../lib/colors.ts'
import { duration } from '../lib/format.ts'
import { LongText } from './attributes.tsx'

interface Props {
  readonly traceId: string
  readonly span: SpanRow
  readonly spans: readonly SpanRow[]
  readonly traceStartUs: number
}

export function SpanLogs({ traceId, span, spans, traceStartUs }: Props) {
  const below = useSignal(false)
  const { data, error } = useQuery<LogList>(() =>
    below.value
      ? urlOf('traceLogs', { traceId })
      : urlOf('logs', { trace: traceId, span: span.spanId, order: 'oldest', limit: 500 }),
  )
  const ids = below.value ? idsBelow(spans, span) : null
  const logs = (data?.logs ?? []).filter(({ spanId }) => ids === null || (spanId !== null && ids.has(spanId)))
  return (
    <>
      {span.descendants > 0 && (
        <label class="scope-choice">
          <input
            type="checkbox"
            checked={below.value}
            onChange={(event) => (below.value = event.currentTarget.checked)}
          />{' '}
          with the spans below it
        </label>
      )}
      {error && <p class="error">{error.message}</p>}
      {data && logs.length === 0 && <p class="dim">None.</p>}
      <ul class="span-logs mono">
        {logs.map((log) => (
          <Log key={log.id} log={log} traceStartUs={traceStartUs} />
        ))}
      </ul>
    </>
  )
}

const Log = ({ log, traceStartUs }: { readonly log: LogRow; readonly traceStartUs: number }) => (
  <li>
    <span class="dim">+{duration((log.timeUs - traceStartUs) * 1000)}</span>{' '}
    <span class={severityClass(log.severity)}>{log.severity}</span> <LongText text={log.body} />
  </li>
)

const idsBelow = (spans: readonly SpanRow[], span: SpanRow): ReadonlySet<string> =>
  new Set(spans.slice(span.index, span.index + span.descendants + 1).map(({ spanId }) => spanId))
