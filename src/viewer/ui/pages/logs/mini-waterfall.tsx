/** The trace around a log record in a few lines: the span that wrote it is marked, and when. */
import type { LogRow, SpanRow, TraceDetail, TraceList } from '../../../api.ts'
import { urlOf, useQuery } from '../../lib/api.ts'
import { serviceClass } from '../../lib/colors.ts'
import { duration, plural } from '../../lib/format.ts'
import { Link } from '../../lib/location.tsx'
import { pickSpans } from './pick-spans.ts'
import { spanLink } from './span-link.ts'

const MOST_LINES = 10
/** A larger trace is not fetched for ten lines of it. */
const MOST_SPANS = 5000

interface Props {
  readonly row: LogRow
  readonly traceId: string
}

export function MiniWaterfall({ row, traceId }: Props) {
  const { data } = useQuery<TraceList>(() => urlOf('traces', { q: `trace:${traceId}`, limit: 1 }), { live: false })
  if (data === undefined) return null
  const spans = data.traces[0]?.spans ?? 0
  if (spans === 0) return <p class="dim">Its trace has not been received.</p>
  if (spans > MOST_SPANS) return <p class="dim">Its trace has {plural(spans, 'span')}.</p>
  return <Lines row={row} traceId={traceId} />
}

function Lines({ row, traceId }: Props) {
  const { data } = useQuery<TraceDetail>(() => urlOf('trace', { traceId, attributes: 0 }), { live: false })
  if (data === undefined || data.spans.length === 0) return null
  const owner = data.spans.find(({ spanId }) => spanId === row.spanId)
  const shown = pickSpans(data.spans, owner?.index ?? 0, MOST_LINES)
  const depths = shown.map((index) => data.spans[index]!.depth)
  const whole = Math.max(1, data.durationNs)
  const at = ((row.timeUs - data.startUs) * 1000 - data.startRemainderNs) / whole
  return (
    <div class="mini">
      {owner && (
        <p>
          Written in <Link to={spanLink(traceId, owner.spanId)}>{owner.name}</Link> of {owner.service}, which took{' '}
          {duration(owner.durationNs)}
          {owner.error && <span class="error"> and failed</span>}.
        </p>
      )}
      <ol aria-label="Spans of the trace around the record">
        {shown.map((index, line) => (
          <Line
            key={index}
            traceId={traceId}
            span={data.spans[index]!}
            level={levelOf(depths, line)}
            isOwner={index === owner?.index}
            wholeNs={whole}
            at={at}
          />
        ))}
      </ol>
      {data.spans.length > shown.length && (
        <p>
          <Link to={spanLink(traceId, null)}>{plural(data.spans.length - shown.length, 'more span')}</Link>
        </p>
      )}
    </div>
  )
}

interface LineProps {
  readonly traceId: string
  readonly span: SpanRow
  readonly level: number
  readonly isOwner: boolean
  readonly wholeNs: number
  /** When the record was written, 0 to 1 of the trace; may lie outside. */
  readonly at: number
}

function Line({ traceId, span, level, isOwner, wholeNs, at }: LineProps) {
  const left = Math.min(1, Math.max(0, span.offsetNs / wholeNs))
  const width = Math.min(1 - left, span.durationNs / wholeNs)
  return (
    <li class={`${serviceClass(span.service)}${isOwner ? ' owner' : ''}`} aria-current={isOwner ? 'true' : undefined}>
      <span class="ellipsis" style={{ paddingLeft: `${level * 12}px` }}>
        <span class="dot" />
        <Link to={spanLink(traceId, span.spanId)} title={`${span.service} ${span.name}`}>
          {span.name}
        </Link>
        {isOwner && <span class="visually-hidden"> wrote the record</span>}
        {span.error && <span class="error"> failed</span>}
      </span>
      <span class="mini-time" aria-hidden="true">
        <i class="value" style={{ left: `${left * 100}%`, width: `${width * 100}%` }} />
        {at >= 0 && at <= 1 && <i class="written" style={{ left: `${at * 100}%` }} />}
      </span>
      <span class="num dim">{duration(span.durationNs)}</span>
    </li>
  )
}

/** Levels without those of lines that are left out. */
const levelOf = (depths: readonly number[], line: number): number =>
  new Set(depths.filter((depth) => depth < depths[line]!)).size
