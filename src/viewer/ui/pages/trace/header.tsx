/** Head of the trace page: what the trace is, how it compares, and what is wrong with it. */
import type { TraceDetail } from '../../../api.ts'
import { serviceClass } from '../../lib/colors.ts'
import { ago, count, duration, handlerOf, percent, plural, time } from '../../lib/format.ts'
import { href, Link, setParams } from '../../lib/location.tsx'
import { Badges } from '../../parts/badge.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { WithCode } from '../../parts/with-code.tsx'
import { KINDS } from '../insights/kinds.ts'
import type { TraceState } from './state.ts'

export function TraceHeader({ state }: { readonly state: TraceState }) {
  const detail = state.detail.value
  const root = detail.spans.find(({ spanId }) => spanId === detail.rootSpanId) ?? detail.spans[0]
  return (
    <header class="trace-head">
      <div class="title">
        <h1 class="ellipsis">
          {root && <span class={`dot ${serviceClass(root.service)}`} />}
          <span class="dim">{root?.service}</span> {detail.rootSpanId === null && <i>‹no root› </i>}
          {root?.name ?? 'Trace'}
        </h1>
        {detail.errors > 0 && <span class="pill error">{plural(detail.errors, 'error')}</span>}
        {detail.httpStatuses.map(({ status, count: times }) => (
          <span key={status} class={status >= 500 ? 'pill error' : status >= 400 ? 'pill warn' : 'pill'}>
            {status}
            {times > 1 && ` ×${times}`}
          </span>
        ))}
        <Badges badges={detail.badges.filter((badge) => badge !== 'error')} />
        <nav class="siblings" aria-label="Traces beside this one">
          <Sibling id={detail.previousTraceId} label="Previous trace" text="‹" />
          <Sibling id={detail.nextTraceId} label="Next trace" text="›" />
        </nav>
      </div>
      <dl class="facts">
        <Fact name="Started" value={time(detail.startUs)} title={ago(detail.startUs)} />
        <Fact name="Duration" value={duration(detail.durationNs)} />
        {detail.percentile !== null && (
          <Fact
            name="Rank"
            value={`p${Math.round(detail.percentile)}`}
            title="Share of calls of this operation that were faster"
          />
        )}
        <Fact name="Spans" value={count(detail.spanCount)} />
        <Fact name="Depth" value={detail.isPreview ? '…' : count(detail.depth)} />
        <Fact name="Logs" value={count(detail.logs)} />
        <Fact name="Trace id" value={detail.traceId} mono />
      </dl>
      <ServiceShares detail={detail} />
      <CategoryShares detail={detail} />
      <Notes state={state} />
    </header>
  )
}

function Sibling({ id, label, text }: { readonly id: string | null; readonly label: string; readonly text: string }) {
  if (id === null) return <span class="dim">{text}</span>
  return (
    <Link to={href(`/traces/${id}`)} aria-label={label} title={label}>
      {text}
    </Link>
  )
}

interface FactProps {
  readonly name: string
  readonly value: string
  readonly title?: string
  readonly mono?: boolean
}

const Fact = ({ name, value, title, mono }: FactProps) => (
  <div title={title}>
    <dt>{name}</dt>
    <dd class={mono ? 'mono' : undefined}>
      {value} {mono && <CopyButton text={value} label={`Copy the ${name.toLowerCase()}`} />}
    </dd>
  </div>
)

function ServiceShares({ detail }: { readonly detail: TraceDetail }) {
  const total = detail.services.reduce((sum, { selfNs }) => sum + selfNs, 0)
  if (total === 0) return null
  return (
    <ul class="shares" aria-label="Own time by service">
      {detail.services.slice(0, 8).map(({ service, spans, errors, selfNs }) => (
        <li
          key={service}
          class={serviceClass(service)}
          title={`${plural(spans, 'span')}, ${duration(selfNs)} own time`}
        >
          <span class="dot" />
          {service} <span class="dim">{percent(selfNs / total)}</span>
          {errors > 0 && <span class="error"> {errors} failed</span>}
        </li>
      ))}
      {detail.services.length > 8 && <li class="dim">{plural(detail.services.length - 8, 'more service')}</li>}
    </ul>
  )
}

/** Where the time of the request went. */
function CategoryShares({ detail }: { readonly detail: TraceDetail }) {
  const root = handlerOf(detail)
  if (root === undefined || root.durationNs === 0 || root.categories.length === 0) return null
  const { durationNs, ownNs, overlapNs } = root
  return (
    <ul class="shares" aria-label="Time by category">
      {root.categories.map(({ category, calls, ns, share }) => (
        <li key={category} title={`${plural(calls, 'call')}, ${duration(ns)} in which at least one was open`}>
          {category} <span class="dim">{percent(share)}</span>
        </li>
      ))}
      <li title={`${duration(ownNs)} in which no call was open`}>
        own code <span class="dim">{percent(ownNs / durationNs)}</span>
      </li>
      {overlapNs > 0 && <li class="dim">{percent(overlapNs / durationNs)} at the same time</li>}
    </ul>
  )
}

/** Clocks that differ: what was done, and the way back. */
function Clocks({ clocks }: { readonly clocks: NonNullable<TraceDetail['clocks']> }) {
  const { applied, spans, mostNs, services } = clocks
  return (
    <li class="note warn">
      <span>
        The clocks of the machines differ by {duration(mostNs)}: {plural(spans, 'span')} of {services.join(', ')}{' '}
        {applied ? 'are moved into their parents (⇄)' : 'lie outside their parents'}.
      </span>
      <button type="button" onClick={() => setParams({ clocks: applied ? 'recorded' : null })}>
        {applied ? 'As recorded' : 'Align'}
      </button>
    </li>
  )
}

/** Warnings about the trace itself and findings about what it did. */
function Notes({ state }: { readonly state: TraceState }) {
  const { spans, clocks } = state.detail.value
  const warnings = state.detail.value.warnings.filter(({ code }) => code !== 'clock-skew' || clocks === null)
  // Errors have a tab of their own, clocks a line.
  const insights = state.detail.value.insights.filter(
    ({ kind, query }) => kind !== 'errors' && (clocks === null || query !== 'badge:clock-skew'),
  )
  const show = (spanId: string | undefined) => {
    const span = spans.find((one) => one.spanId === spanId)
    if (span === undefined) return
    state.reveal(span.index)
    state.panelOpen.value = true
  }
  if (warnings.length + insights.length === 0 && clocks === null) return null
  return (
    <ul class="notes">
      {clocks && <Clocks clocks={clocks} />}
      {warnings.map(({ code, message, spanIds }) => (
        <li key={code} class="note warn">
          <span>{message}</span>
          <Show spanId={spanIds[0]} onShow={show} />
        </li>
      ))}
      {insights.map(({ id, kind, severity, title, advice, evidence }) => (
        <li key={id} class={`note ${severity === 'error' ? 'bad' : ''}`} title={advice}>
          <span
            class={severity === 'error' ? 'pill error' : severity === 'warning' ? 'pill warn' : 'pill'}
            title={KINDS[kind].why}
          >
            {KINDS[kind].label}
          </span>
          <span>
            <strong>
              <WithCode text={title} />
            </strong>{' '}
            <WithCode text={advice} />
          </span>
          <Show spanId={evidence.find(({ traceId }) => traceId === state.detail.value.traceId)?.spanId} onShow={show} />
        </li>
      ))}
    </ul>
  )
}

function Show({ spanId, onShow }: { readonly spanId: string | undefined; readonly onShow: (spanId: string) => void }) {
  if (spanId === undefined) return null
  return (
    <button type="button" onClick={() => onShow(spanId)}>
      Show
    </button>
  )
}
