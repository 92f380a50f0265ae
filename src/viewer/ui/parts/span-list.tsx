/** Spans in a short table with links to where they are. */
import type { SpanRef } from '../../api.ts'
import { serviceClass } from '../lib/colors.ts'
import { duration, time } from '../lib/format.ts'
import { href, Link } from '../lib/location.tsx'

interface Props {
  readonly spans: readonly SpanRef[]
  readonly label: string
  /** Leave out when all are of one operation. */
  readonly withName?: boolean
}

export function SpanList({ spans, label, withName = true }: Props) {
  return (
    <table class="span-list" aria-label={label}>
      <tbody>
        {spans.map((span) => (
          <tr key={span.spanId}>
            <td class={serviceClass(span.service)}>
              <Link to={href(`/traces/${span.traceId}`, { span_id: span.spanId })}>
                {withName && <span class="dot" />}
                {withName ? span.name : span.traceId.slice(0, 16)}
              </Link>
            </td>
            {withName && <td class="dim">{span.service}</td>}
            <td>{span.status === 'error' && <span class="pill error">failed</span>}</td>
            <td class="num">{duration(span.durationNs)}</td>
            <td class="num dim">{time(span.startUs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
