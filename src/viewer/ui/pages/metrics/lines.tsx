/** The lines of an instrument with their legend; a click shows the spans behind a point. */
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { MetricData, RunList } from '../../../api.ts'
import { withColors } from '../../charts/palette.ts'
import { Plot, type PlotCursor } from '../../charts/plot.tsx'
import { urlOf, useQuery } from '../../lib/api.ts'
import { inUnit, plural, time } from '../../lib/format.ts'
import { href, navigate, params, setParams } from '../../lib/location.tsx'
import { themeVersion } from '../../lib/theme.ts'
import { currentFilters } from './filters.ts'
import { Meaning } from './meaning.tsx'
import { showSpans } from './spans.tsx'

type Line = MetricData['lines'][number]

export function Lines({ data }: { readonly data: MetricData }) {
  const cursor = useSignal<PlotCursor | null>(null)
  const theme = themeVersion.value
  const { instrument, timesUs, mode, exemplars: dots } = data
  const unit = mode === 'rate' ? `${instrument.unit.replace(/[{}]/g, '') || '1'}/s` : instrument.unit
  const hidden = params.value.getAll('hide')
  const runs = useQuery<RunList>(() => (data.lines.some(({ run }) => run !== null) ? urlOf('runs') : null))
  const runTitle = (id: string | null): string | undefined => {
    const run = runs.data?.runs.find((one) => one.id === id)
    return run && `Run since ${time(run.firstUs)}${run.pid === null ? '' : `, pid ${run.pid}`}`
  }
  // the chart draws anew when these change, and the crosshair must not change them
  const all = useMemo(() => withColors(data.lines), [data, theme])
  const shown = useMemo(() => all.filter(({ label }) => !hidden.includes(label)), [all, hidden.join('\n')])
  if (all.length === 0) return <p class="dim">No points in this window.</p>
  return (
    <>
      <Plot
        label={`Lines of ${instrument.name}`}
        timesUs={timesUs}
        lines={shown}
        height={260}
        {...{ unit, dots }}
        onCursor={(next) => {
          cursor.value = next
        }}
        onPick={(at, index) => {
          const line = shown[at]!
          showSpans({ ...pointRange(data, line, index), filters: filtersOf(line, instrument.attributeKeys) })
        }}
        onPickDot={(at) => {
          const { traceId, spanId } = dots[at]!
          if (traceId !== null) navigate(href(`/traces/${traceId}`, { span_id: spanId }))
        }}
        onRange={(from, to) => setParams({ from, to, last: null })}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields */}
      <div class="legend" role="group" aria-label="Lines">
        <span class="dim">{cursor.value === null ? 'newest' : time(timesUs[cursor.value.index]!)}</span>
        {all.map((line) => {
          const isHidden = hidden.includes(line.label)
          const place = cursor.value?.ofLines[shown.indexOf(line)]
          const value = place === undefined || place === null ? newest(line) : (line.values[place] ?? null)
          return (
            <button
              key={line.label}
              type="button"
              aria-pressed={!isHidden}
              title={runTitle(line.run)}
              onClick={() =>
                setParams({ hide: isHidden ? hidden.filter((one) => one !== line.label) : [...hidden, line.label] })
              }
            >
              <span class="key" style={{ background: line.color }} />
              <span class="ellipsis">{line.label}</span>{' '}
              <span class="value">{isHidden ? '' : inUnit(value, unit)}</span>
            </button>
          )
        })}
      </div>
      <p class="dim">
        <Meaning data={data} /> Click one to see the spans behind it, drag to look closer.
        {dots.length > 0 && ` Diamonds are ${plural(dots.length, 'exemplar')}: spans that the metric itself names.`}
      </p>
    </>
  )
}

const newest = ({ values }: Line): number | null => values.findLast((value) => value !== null) ?? null

/** The time since the point before; of high percentiles, values from the bound of their bucket on. */
function pointRange({ timesUs, stepUs, heatmap }: MetricData, { values, quantile }: Line, index: number) {
  let before = index - 1
  while (before >= 0 && values[before] === null) before--
  const isTail = quantile === 'p95' || quantile === 'p99'
  return {
    fromUs: timesUs[Math.max(before + 1, 0)]!,
    toUs: timesUs[index]! + stepUs,
    min: isTail ? (heatmap?.bounds.findLast((bound) => bound <= values[index]!) ?? null) : null,
    max: null,
  }
}

function filtersOf({ attributes }: Line, keys: readonly string[]): string[] {
  const own = Object.entries(attributes)
    .filter(([key, value]) => keys.includes(key) && value !== null && typeof value !== 'object')
    .map(([key, value]) => `${key}=${value}`)
  return [...new Set([...currentFilters(), ...own])]
}
