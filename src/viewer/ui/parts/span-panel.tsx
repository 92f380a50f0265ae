/** Everything about one span, beside the view it was chosen in. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { HandlerTime, SpanDetail, SpanLink, SpanRow } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { SYSTEM_MARK, serviceClass } from '../lib/colors.ts'
import { copy } from '../lib/copy.ts'
import { count, duration, plural } from '../lib/format.ts'
import { href, Link } from '../lib/location.tsx'
import { term } from '../lib/query-text.ts'
import { AttributeTable, LongText } from './attributes.tsx'
import { Exception } from './exception.tsx'
import { SpanLogs } from './span-logs.tsx'
import { SpanProfileView } from './span-profile.tsx'
import { SpanSummary } from './span-summary.tsx'
import { TraceMetricsNear } from './trace-metrics.tsx'

interface Props {
  readonly traceId: string
  readonly span: SpanRow
  readonly spans: readonly SpanRow[]
  readonly traceNs: number
  readonly traceStartUs: number
  /** Of a request or a job. */
  readonly times: HandlerTime | undefined
  readonly onClose: () => void
}

export function SpanPanel({ traceId, span, spans, traceNs, traceStartUs, times, onClose }: Props) {
  const { data, error } = useQuery<SpanDetail>(() => urlOf('span', { traceId, spanId: span.spanId }), {
    live: span.running,
  })
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // Only a click moves the focus here; with the keys it stays in the tree.
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <aside class="panel" aria-label="Span">
      <header>
        <div class="panel-title">
          <h2 ref={heading} tabIndex={-1}>
            {span.name}
          </h2>
          <button type="button" class="quiet" aria-label="Close" title="Close (Escape)" onClick={onClose}>
            ✕
          </button>
        </div>
        <p class={`panel-service ${serviceClass(span.service)}`}>
          <span class="dot" />
          <Link to={href('/traces', { q: term('service', span.service) })}>{span.service}</Link>
          <span class="dim">
            {span.kind} {SYSTEM_MARK[span.system]}
          </span>
          {span.status !== 'unset' && (
            <span class={span.status === 'error' ? 'pill error' : 'pill'}>{span.status}</span>
          )}
          {span.running && <span class="pill">running</span>}
        </p>
        {span.statusMessage !== null && <p class="error status-message">{span.statusMessage}</p>}
      </header>
      <div class="panel-body">
        <SpanSummary span={span} detail={data} traceNs={traceNs} traceStartUs={traceStartUs} times={times} />
        {error && <p class="error">{error.message}</p>}
        {data && (
          <>
            {data.exceptions.length > 0 && (
              <Section title="Exceptions" count={data.exceptions.length} isOpen>
                {data.exceptions.map((exception, index) => (
                  <Exception key={index} exception={exception} />
                ))}
              </Section>
            )}
            {data.profiled && (
              <Section title="On the event loop" isOpen>
                <SpanProfileView traceId={traceId} spanId={span.spanId} />
              </Section>
            )}
            <Section title="Attributes" count={Object.keys(data.attributes).length} isOpen>
              <AttributeTable attributes={data.attributes} label="Attributes of the span" filterPage="/traces" />
              <Dropped dropped={data.dropped} />
            </Section>
            {data.events.length > 0 && (
              <Section title="Events" count={data.events.length} isOpen={data.exceptions.length === 0}>
                {data.events.map((event, index) => (
                  <div key={index} class="span-event">
                    <h3>
                      {event.name} <span class="dim mono">+{duration(event.offsetNs)}</span>
                    </h3>
                    <AttributeTable attributes={event.attributes} label={`Attributes of ${event.name}`} />
                  </div>
                ))}
              </Section>
            )}
            {data.links.length + data.backlinks.length > 0 && (
              <Section title="Links" count={data.links.length + data.backlinks.length} isOpen>
                <Links title="To" links={data.links} />
                <Links title="From" links={data.backlinks} />
              </Section>
            )}
          </>
        )}
        <Section title="Logs" count={span.logs.length} isOpen={span.logs.length > 0}>
          <SpanLogs traceId={traceId} span={span} spans={spans} traceStartUs={traceStartUs} />
        </Section>
        <Section title="Metrics near it">
          <TraceMetricsNear traceId={traceId} atUs={traceStartUs + span.offsetNs / 1000} />
        </Section>
        {data && (
          <>
            {data.startStack !== null && (
              <Section title="Started at">
                <pre>{data.startStack}</pre>
              </Section>
            )}
            <Section title="Resource" count={Object.keys(data.resource).length}>
              <AttributeTable attributes={data.resource} label="Resource" filterPage="/traces" />
            </Section>
            <Section title="Scope">
              <p class="mono">
                {data.scope.name} {data.scope.version}
              </p>
              <AttributeTable attributes={data.scope.attributes} label="Scope" />
            </Section>
            <Section title="Raw JSON">
              <button type="button" onClick={() => copy(JSON.stringify(data.raw, null, 2), 'JSON copied')}>
                Copy
              </button>
              <pre>
                <LongText text={JSON.stringify(data.raw, null, 2)} />
              </pre>
            </Section>
          </>
        )}
      </div>
    </aside>
  )
}

interface SectionProps {
  readonly title: string
  readonly count?: number
  readonly isOpen?: boolean
  readonly children: ComponentChildren
}

/** What is inside is made when it is first opened, and what was opened or closed stays so on the next span. */
const choices = new Map<string, boolean>()

function Section({ title, count: items, isOpen = false, children }: SectionProps) {
  const open = useSignal(choices.get(title) ?? isOpen)
  return (
    <details
      class="section"
      open={open.value}
      onToggle={(event) => {
        const isNow = event.currentTarget.open
        if (isNow === open.value) return
        open.value = isNow
        choices.set(title, isNow)
      }}
    >
      <summary>
        {title} {items !== undefined && <span class="dim">{count(items)}</span>}
      </summary>
      {open.value && children}
    </details>
  )
}

function Links({ title, links }: { readonly title: string; readonly links: readonly SpanLink[] }) {
  if (links.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <ul class="links">
        {links.map((link, index) => (
          <li key={index}>
            {link.target === null ? (
              <span class="dim">
                not stored: <span class="mono">{link.traceId}</span>
              </span>
            ) : (
              <Link to={href(`/traces/${link.traceId}`, { span_id: link.spanId })}>
                {link.target.service} {link.target.name}
              </Link>
            )}
            {Object.keys(link.attributes).length > 0 && (
              <AttributeTable attributes={link.attributes} label="Attributes of the link" />
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

function Dropped({ dropped }: { readonly dropped: SpanDetail['dropped'] }) {
  const parts = [
    dropped.attributes > 0 && plural(dropped.attributes, 'attribute'),
    dropped.events > 0 && plural(dropped.events, 'event'),
    dropped.links > 0 && plural(dropped.links, 'link'),
  ].filter((part) => part !== false)
  return parts.length === 0 ? null : <p class="sev-warn">Dropped by the limits of the program: {parts.join(', ')}.</p>
}
