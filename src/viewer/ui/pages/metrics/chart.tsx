/** One instrument: its lines, how its values spread, and the spans behind a point. */
import type { MetricData } from '../../../api.ts'
import { HeatMap } from '../../charts/heat-map.tsx'
import { urlOf, useQuery } from '../../lib/api.ts'
import { metricVersion } from '../../lib/counters.ts'
import { inUnit, plural, time } from '../../lib/format.ts'
import { href, Link, param } from '../../lib/location.tsx'
import { Failed, Loading } from '../../lib/states.tsx'
import { windowParams } from '../../lib/window.ts'
import { Controls } from './controls.tsx'
import { currentFilters } from './filters.ts'
import { Lines } from './lines.tsx'
import { Spans, showSpans } from './spans.tsx'
import { typeName, WARNINGS } from './tree.tsx'

const MAX_EXEMPLARS = 20

export function Chart({ id }: { readonly id: string }) {
  const { data, error } = useQuery<MetricData>(
    () => {
      metricVersion.value
      return urlOf('metricData', {
        ...windowParams(),
        id,
        split: param('split'),
        filter: currentFilters(),
        mode: param('mode'),
      })
    },
    { live: false },
  )
  if (error) return <Failed error={error} />
  if (!data) return <Loading />
  const { instrument } = data
  return (
    <section class="metric-chart" aria-label={instrument.name}>
      <header>
        <h2>{instrument.name}</h2>
        <p class="dim">
          {[
            typeName(instrument.type),
            instrument.unit && `in ${instrument.unit}`,
            instrument.temporality,
            plural(instrument.series, 'series', 'series'),
            instrument.service,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
        {instrument.description && <p>{instrument.description}</p>}
        {instrument.warnings.map((warning) => (
          <p key={warning} class="note">
            {WARNINGS[warning][1]}
          </p>
        ))}
      </header>
      <Controls data={data} />
      <Lines data={data} />
      {data.heatmap && (
        <section>
          <h3>Spread of values</h3>
          <HeatMap
            {...data.heatmap}
            timesUs={data.timesUs}
            stepUs={data.stepUs}
            intervalUs={data.intervalUs}
            unit={instrument.unit}
            height={200}
            label="Heat map of values over time"
            onPick={({ fromUs, toUs, min, max }) => showSpans({ fromUs, toUs, min, max, filters: currentFilters() })}
          />
        </section>
      )}
      <Spans id={id} unit={instrument.unit} />
      <Exemplars data={data} />
    </section>
  )
}

function Exemplars({ data: { exemplars, instrument } }: { readonly data: MetricData }) {
  const linked = exemplars.filter(({ traceId }) => traceId !== null)
  if (linked.length === 0) return null
  return (
    <details class="exemplars">
      <summary>{plural(linked.length, 'exemplar')}</summary>
      <ul>
        {linked.slice(0, MAX_EXEMPLARS).map(({ timeUs, value, traceId, spanId }) => (
          <li key={`${traceId}${spanId}${timeUs}`}>
            <Link to={href(`/traces/${traceId}`, { span_id: spanId })}>{traceId!.slice(0, 16)}</Link>{' '}
            {inUnit(value, instrument.unit)} <span class="dim">{time(timeUs)}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}
