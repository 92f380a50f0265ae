/** The health of the process in a row of small charts: event loop, heap, GC, CPU. */
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { InstrumentList, MetricData } from '../../../api.ts'
import { withColors } from '../../charts/palette.ts'
import { Plot, type PlotCursor } from '../../charts/plot.tsx'
import { urlOf, useQuery } from '../../lib/api.ts'
import { metricVersion } from '../../lib/counters.ts'
import { inUnit } from '../../lib/format.ts'
import { href, Link, setParams } from '../../lib/location.tsx'
import { themeVersion } from '../../lib/theme.ts'
import { windowParams } from '../../lib/window.ts'

const MAX_LINES = 6
const SHARED_CROSSHAIR = 'process'

export function ProcessCharts({ charts }: { readonly charts: InstrumentList['process'] }) {
  if (charts.length === 0) return null
  return (
    <section class="process" aria-label="Process">
      {charts.map(({ id, label }) => (
        <SmallChart key={id} {...{ id, label }} />
      ))}
    </section>
  )
}

function SmallChart({ id, label }: InstrumentList['process'][number]) {
  const cursor = useSignal<PlotCursor | null>(null)
  const theme = themeVersion.value
  const { data } = useQuery<MetricData>(
    () => {
      metricVersion.value
      return urlOf('metricData', { ...windowParams(), id })
    },
    { live: false },
  )
  const lines = useMemo(() => withColors((data?.lines ?? []).slice(0, MAX_LINES)), [data, theme])
  const unit = data ? (data.mode === 'rate' ? `${data.instrument.unit || '1'}/s` : data.instrument.unit) : ''
  const place = cursor.value?.ofLines[0] ?? -1
  const first = lines[0]?.values
  const value = first?.[place] ?? first?.findLast((one) => one !== null) ?? null
  return (
    <div class="process-chart">
      <h2>
        <Link to={href('/metrics', { m: id })}>{label}</Link> <span class="value">{inUnit(value, unit)}</span>
      </h2>
      {data && (
        <Plot
          label={label}
          timesUs={data.timesUs}
          lines={lines}
          unit={unit}
          height={92}
          syncKey={SHARED_CROSSHAIR}
          onCursor={(next) => {
            cursor.value = next
          }}
          onRange={(from, to) => setParams({ from, to, last: null })}
        />
      )}
    </div>
  )
}
