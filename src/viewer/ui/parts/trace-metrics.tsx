/** Charts of the process around a trace, with a mark where the span began. */
import type { TraceMetrics } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { inUnit } from '../lib/format.ts'
import { href, Link } from '../lib/location.tsx'
import { Sparkline } from './sparkline.tsx'

export function TraceMetricsNear({ traceId, atUs }: { readonly traceId: string; readonly atUs: number }) {
  const { data, error } = useQuery<TraceMetrics>(() => urlOf('traceMetrics', { traceId }))
  if (error) return <p class="error">{error.message}</p>
  if (data === undefined) return <p class="dim">Loading…</p>
  if (data.charts.length === 0) return <p class="dim">No metric points within 30 s of the trace.</p>
  const width = Math.max(1, data.toUs - data.fromUs)
  return (
    <ul class="near">
      {data.charts.map(({ label, instrumentId, unit, values, timesUs }) => {
        const first = timesUs[0] ?? data.fromUs
        const span = Math.max(1, (timesUs.at(-1) ?? data.toUs) - first)
        return (
          <li key={label}>
            <Link to={href('/metrics', { id: instrumentId })}>{label}</Link>
            <Sparkline
              values={values}
              label={`${label}: from ${inUnit(Math.min(...values), unit)} to ${inUnit(Math.max(...values), unit)} in ${Math.round(width / 1e6)} s`}
              width={150}
              height={26}
              mark={Math.max(0, Math.min(1, (atUs - first) / span))}
            />
            <span class="num dim">{inUnit(values.at(-1) ?? null, unit)}</span>
          </li>
        )
      })}
    </ul>
  )
}
