/** One trace in the list. */
// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the page binds the keys
import type { TraceSummary } from '../../../api.ts'
import { serviceClass } from '../../lib/colors.ts'
import { count, duration, plural, time } from '../../lib/format.ts'
import { href, Link, navigate } from '../../lib/location.tsx'
import { Badges } from '../../parts/badge.tsx'

interface Props {
  readonly trace: TraceSummary
  readonly index: number
  /** The longest shown: full width of the bar. */
  readonly longestNs: number
  readonly isActive: boolean
  readonly isChosen: boolean
  readonly onChoose: () => void
  readonly isMember: boolean
  readonly onMenu: (button: Element) => void
}

export const traceHref = ({ traceId, matchedSpanId }: TraceSummary): string =>
  href(`/traces/${traceId}`, { span_id: matchedSpanId })

export function TraceRow({ trace, index, longestNs, isActive, isChosen, isMember, onChoose, onMenu }: Props) {
  const { service, name, rootSpanId, errors, httpStatus, matchedSpans, matchedSpanId } = trace
  return (
    <div
      id={`trace-${index}`}
      role="row"
      class={`trace-row ${serviceClass(service)}${isActive ? ' selected' : ''}${errors > 0 ? ' bad' : ''}${isMember ? ' member' : ''}`}
      aria-rowindex={index + 1}
      aria-selected={isActive}
      onClick={(event) => {
        const isOwn = (event.target as Element).closest('a, input, label, button') !== null
        if (!isOwn && getSelection()?.isCollapsed !== false) navigate(traceHref(trace))
      }}
    >
      <div role="gridcell" class="choose">
        <input type="checkbox" tabIndex={-1} checked={isChosen} aria-label={`Compare ${name}`} onChange={onChoose} />
      </div>
      <div role="gridcell" class="started dim" title={time(trace.startUs)}>
        {startedText(trace.startUs)}
      </div>
      <div role="gridcell" class="root">
        <span class="dot" />
        <span class="ellipsis service-name">
          <span class="dim">{service}</span>{' '}
          <Link to={traceHref(trace)} tabIndex={-1}>
            {rootSpanId === null && <i>‹no root› </i>}
            {name}
          </Link>
        </span>
        <HttpStatus status={httpStatus} />
        <Badges badges={trace.badges.filter((badge) => badge !== 'error')} />
        {matchedSpanId !== null && <span class="pill">{plural(matchedSpans, 'match', 'matches')}</span>}
      </div>
      <div role="gridcell" class="mix">
        <ServiceMix services={trace.services} />
      </div>
      <div role="gridcell" class="length">
        <DurationBar trace={trace} longestNs={longestNs} />
        <span class="num">{duration(trace.durationNs)}</span>
      </div>
      <div role="gridcell" class="num spans">
        {count(trace.spans)}
      </div>
      <div role="gridcell" class={trace.logs > 0 ? 'num log-count' : 'num log-count dim'}>
        {count(trace.logs)}
      </div>
      <div role="gridcell" class={errors > 0 ? 'num error' : 'num dim'}>
        {count(errors)}
      </div>
      <div role="gridcell" class="more">
        <button
          type="button"
          class="quiet"
          tabIndex={-1}
          aria-haspopup="menu"
          aria-label={`Actions of ${name}`}
          title="Actions (m)"
          onClick={(event) => onMenu(event.currentTarget)}
        >
          ⋯
        </button>
      </div>
    </div>
  )
}

/** The time of day; the day and the minute when it was another; of another year the date. The column has room for twelve digits. */
export function startedText(us: number): string {
  const text = time(us)
  if (text.length <= 12) return text
  return new Date().getFullYear() === new Date(us / 1000).getFullYear() ? text.slice(5, 16) : text.slice(0, 10)
}

export function HttpStatus({ status }: { readonly status: number | null }) {
  if (status === null) return null
  return <span class={status >= 500 ? 'pill error' : status >= 400 ? 'pill warn' : 'pill'}>{status}</span>
}

function ServiceMix({ services }: { readonly services: TraceSummary['services'] }) {
  const total = services.reduce((sum, { spans }) => sum + spans, 0)
  const text = services.map(({ service, spans }) => `${service} ${plural(spans, 'span')}`).join(', ')
  return (
    <span class="service-mix" role="img" aria-label={text} title={text}>
      {services.map(({ service, spans }) => (
        <i key={service} class={serviceClass(service)} style={{ width: `${(spans / total) * 100}%` }} />
      ))}
    </span>
  )
}

/** The duration against the longest one shown, on a square-root scale that keeps short ones visible, with the p95 of the operation as a mark. */
function DurationBar({ trace, longestNs }: { readonly trace: TraceSummary; readonly longestNs: number }) {
  const p95 = trace.operationP95Ns
  const isSlow = p95 !== null && trace.durationNs > p95
  const place = (ns: number) => `${Math.max(1, Math.min(100, Math.sqrt(ns / longestNs) * 100))}%`
  return (
    <span class="duration-bar" title={p95 === null ? undefined : `p95 of ${trace.name}: ${duration(p95)}`}>
      <i class={isSlow ? 'value slow' : 'value'} style={{ width: place(trace.durationNs) }} />
      {p95 !== null && <i class="p95" style={{ left: place(p95) }} />}
    </span>
  )
}
