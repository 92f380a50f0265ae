/** The spans behind a clicked point or cell; what was clicked is in the address. */
import { useEffect, useRef } from 'preact/hooks'
import type { MetricSpans } from '../../../api.ts'
import { rangeText } from '../../charts/heat-map.tsx'
import { urlOf, useQuery } from '../../lib/api.ts'
import { time } from '../../lib/format.ts'
import { param, params, setParams } from '../../lib/location.tsx'
import { Failed, Loading } from '../../lib/states.tsx'
import { windowParams } from '../../lib/window.ts'
import { SpanList } from '../../parts/span-list.tsx'

interface Target {
  readonly fromUs: number
  readonly toUs: number
  readonly min: number | null
  readonly max: number | null
  readonly filters: readonly string[]
}

const NONE = { at_from: null, at_to: null, at_min: null, at_max: null, at_filter: null }

export function showSpans({ fromUs, toUs, min, max, filters }: Target): void {
  setParams({ at_from: fromUs, at_to: toUs, at_min: min, at_max: max, at_filter: filters })
}

const SOURCES: Readonly<Record<MetricSpans['source'], string>> = {
  exemplar: 'Named by exemplars of the metric.',
  match: 'Found by service, attributes, time and duration.',
  none: '',
}

export function Spans({ id, unit }: { readonly id: string; readonly unit: string }) {
  const isAsked = param('at_from') !== ''
  const { data, error } = useQuery<MetricSpans>(
    () =>
      param('at_from') === ''
        ? null
        : urlOf('metricSpans', {
            id,
            run: windowParams()['run'],
            from: param('at_from'),
            to: param('at_to'),
            min: param('at_min'),
            max: param('at_max'),
            filter: params.value.getAll('at_filter'),
          }),
    { live: false },
  )
  const section = useRef<HTMLElement>(null)
  const isAnswered = data !== undefined
  useEffect(() => {
    if (isAnswered) section.current?.scrollIntoView({ block: 'nearest' })
  }, [isAnswered, param('at_from'), param('at_min')])
  if (!isAsked) return null
  const numberOf = (name: string): number | null => (param(name) === '' ? null : Number(param(name)))
  const filters = params.value.getAll('at_filter')
  return (
    <section ref={section} class="metric-spans" aria-label="Spans behind the point">
      <h3>
        Spans from {time(Number(param('at_from')))} to {time(Number(param('at_to')))},{' '}
        {rangeText({ min: numberOf('at_min'), max: numberOf('at_max') }, unit)}
        {filters.length > 0 && `, ${filters.join(', ')}`}{' '}
        <button type="button" onClick={() => setParams(NONE)}>
          Close
        </button>
      </h3>
      {error && <Failed error={error} />}
      {!data && !error && <Loading />}
      {data && data.spans.length === 0 && (
        <p class="dim">None are stored: the metric may count what has no spans, or they were not sampled.</p>
      )}
      {data && data.spans.length > 0 && (
        <>
          <p class="dim">{SOURCES[data.source]}</p>
          <SpanList spans={data.spans} label="Spans behind the point" />
        </>
      )}
    </section>
  )
}
