/** Spans of the trace that failed, with their exceptions. */
import { useSignal } from '@preact/signals'
import type { SpanDetail, SpanRow } from '../../../../api.ts'
import { urlOf, useQuery } from '../../../lib/api.ts'
import { serviceClass } from '../../../lib/colors.ts'
import { duration } from '../../../lib/format.ts'
import { Exception } from '../../../parts/exception.tsx'
import type { TraceState } from '../state.ts'

const PAGE = 20

export function ErrorsTab({ state }: { readonly state: TraceState }) {
  const shown = useSignal(PAGE)
  const { traceId, spans } = state.detail.value
  const failed = spans.filter(({ error }) => error)
  if (failed.length === 0) return <p class="state">No span of this trace failed.</p>
  return (
    <div class="tab-scroll">
      {failed.slice(0, shown.value).map((span) => (
        <FailedSpan key={span.spanId} traceId={traceId} span={span} state={state} />
      ))}
      {failed.length > shown.value && (
        <button type="button" onClick={() => (shown.value += PAGE)}>
          {failed.length - shown.value} more
        </button>
      )}
    </div>
  )
}

interface Props {
  readonly traceId: string
  readonly span: SpanRow
  readonly state: TraceState
}

function FailedSpan({ traceId, span, state }: Props) {
  const { data } = useQuery<SpanDetail>(() => urlOf('span', { traceId, spanId: span.spanId }), { live: false })
  return (
    <article class={`failed-span ${serviceClass(span.service)}`}>
      <h2>
        <span class="dot" />
        {span.service} <b>{span.name}</b>{' '}
        <span class="dim">
          +{duration(span.offsetNs)}, {duration(span.durationNs)}
        </span>{' '}
        <button
          type="button"
          onClick={() => {
            state.reveal(span.index)
            state.panelOpen.value = true
          }}
        >
          Show
        </button>
      </h2>
      {span.statusMessage !== null && <p class="error">{span.statusMessage}</p>}
      {data?.exceptions.map((exception, index) => (
        <Exception key={index} exception={exception} />
      ))}
    </article>
  )
}
