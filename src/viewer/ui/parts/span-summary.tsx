/** What is known of a span at a glance: durations, rank, where its time went, how its operation does. */
import type { HandlerTime, SpanDetail, SpanRow } from '../../api.ts'
import { duration, percent, plural, time, timeText } from '../lib/format.ts'
import { href, Link } from '../lib/location.tsx'
import { term } from '../lib/query-text.ts'
import { CopyButton } from './copy-button.tsx'
import { Sparkline } from './sparkline.tsx'

interface SummaryProps {
  readonly span: SpanRow
  readonly detail: SpanDetail | undefined
  readonly traceNs: number
  readonly traceStartUs: number
  readonly times: HandlerTime | undefined
}

export function SpanSummary({ span, detail, traceNs, traceStartUs, times }: SummaryProps) {
  const operation = detail?.operation
  return (
    <>
      <dl class="panel-facts">
        <Fact name="Duration" value={duration(span.durationNs)} />
        <Fact name="Own time" value={duration(span.selfNs)} />
        <Fact name="Of the trace" value={percent(traceNs === 0 ? 0 : span.durationNs / traceNs)} />
        <Fact name="Began" value={`+${duration(span.offsetNs)}`} title={time(traceStartUs + span.offsetNs / 1000)} />
        {span.movedNs !== undefined && (
          <Fact
            name="Recorded at"
            value={time(traceStartUs + (span.offsetNs - span.movedNs) / 1000)}
            title={`Moved by ${duration(span.movedNs)}: the clock of its machine differs`}
          />
        )}
        {detail?.percentile != null && <Fact name="Rank" value={`p${Math.round(detail.percentile)}`} />}
        {times && timeText(times) !== '' && <Fact name="Time" value={timeText(times)} />}
        {span.descendants > 0 && <Fact name="Descendants" value={plural(span.descendants, 'span')} />}
      </dl>
      {operation && (
        <p class="panel-operation">
          {operation.sparkline.length > 1 && (
            <Sparkline values={operation.sparkline} label="Calls of this operation over time" />
          )}
          <span class="dim">
            {plural(operation.calls, 'call')} · p50 {duration(operation.p50Ns)} · p95 {duration(operation.p95Ns)}
            {operation.errors > 0 && ` · ${percent(operation.errors / operation.calls)} failed`}
          </span>
          <Link to={href('/traces', { q: `${term('service', span.service)} ${term('name', span.name)}` })}>
            Similar traces
          </Link>
        </p>
      )}
      <p class="panel-ids mono dim">
        span {span.spanId}
        <CopyButton text={span.spanId} label="Copy the span id" />
        {span.parentSpanId !== null && <span>parent {span.parentSpanId}</span>}
      </p>
    </>
  )
}

const Fact = ({ name, value, title }: { readonly name: string; readonly value: string; readonly title?: string }) => (
  <div title={title}>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)
