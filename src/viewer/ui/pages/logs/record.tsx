/** One log record opened up: where it comes from, its text in full, its attributes. */
import type { LogRow, SpanDetail } from '../../../api.ts'
import { urlOf, useQuery } from '../../lib/api.ts'
import { duration, time } from '../../lib/format.ts'
import { href, Link } from '../../lib/location.tsx'
import { AttributeTable, LongText } from '../../parts/attributes.tsx'

export function Record({ row }: { readonly row: LogRow }) {
  return (
    <div class="record">
      <p class="record-links">
        <span class="dim">
          {time(row.timeUs)} · {row.severityText ?? row.severity} ({row.severityNumber}) · {row.scope || 'no scope'}
          {row.eventName !== null && ` · event ${row.eventName}`}
        </span>
        {row.traceId !== null && (
          <>
            <Link to={spanLink(row.traceId, row.spanId)}>Open its span</Link>
            <Link to={href('/logs', { trace: row.traceId, only: 1 })}>Records of this trace</Link>
            <Link to={href('/logs', { trace: row.traceId, open: row.id })}>Highlight this trace</Link>
          </>
        )}
      </p>
      {row.traceId !== null && row.spanId !== null && (
        <Owner key={row.spanId} traceId={row.traceId} spanId={row.spanId} />
      )}
      <pre class="record-body">
        <LongText text={pretty(row.body)} />
      </pre>
      <div class="record-columns">
        <section>
          <h2>Attributes</h2>
          <AttributeTable attributes={row.attributes} label="Attributes of the record" filterPage="/logs" />
        </section>
        <section>
          <h2>Resource</h2>
          <AttributeTable attributes={row.resource} label="Resource of the record" filterPage="/logs" />
        </section>
      </div>
    </div>
  )
}

/** The span during which it was written. */
function Owner({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }) {
  const { data } = useQuery<SpanDetail>(() => urlOf('span', { traceId, spanId }), { live: false })
  if (!data) return null
  return (
    <p class="record-owner">
      Written in <Link to={spanLink(traceId, spanId)}>{data.name}</Link> of {data.service}, which took{' '}
      {duration(data.durationNs)}
      {data.status === 'error' && <span class="error"> and failed</span>}.
    </p>
  )
}

export const spanLink = (traceId: string, spanId: string | null): string =>
  href(`/traces/${traceId}`, { span_id: spanId })

/** JSON with line breaks, everything else as it is. */
function pretty(body: string): string {
  if (!/^[[{]/.test(body)) return body
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
