/** One instrument: its lines, how its values spread, and the spans behind a point. */
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { MetricData, RunList } from '../../../api.ts'
import { HeatMap } from '../../charts/heat-map.tsx'
import { withColors } from '../../charts/palette.ts'
import { Plot, type PlotCursor } from '../../charts/plot.tsx'
import { urlOf, useQuery } from '../../lib/api.ts'
import { metricVersion } from '../../lib/counters.ts'
import { duration, inUnit, plural, time } from '../../lib/format.ts'
import { href, Link, navigate, param, params, setParams } from '../../lib/location.tsx'
import { Failed, Loading } from '../../lib/states.tsx'
import { themeVersion } from '../../lib/theme.ts'
import { windowParams } from '../../lib/window.ts'
import { Spans, showSpans } from './spans.tsx'
import { typeName, WARNINGS } from './tree.tsx'

type Line = MetricData['lines'][number]

const MAX_EXEMPLARS = 20

export function Chart({ id }: { readonly id: string }) {
  const { data, error } = useQuery<MetricData>(
    () => {
      metricVersion.value
      return urlOf('metricData', {
        ...windowParams(),
        id,
        split: param('split'),
        filter: params.value.getAll('filter'),
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

const currentFilters = (): string[] => params.value.getAll('filter')

function Controls({ data: { instrument, attributeValues, mode } }: { readonly data: MetricData }) {
  const filters = currentFilters()
  const setFilter = (key: string, value: string): void =>
    setParams({
      filter: [...filters.filter((one) => !one.startsWith(`${key}=`)), ...(value === '' ? [] : [`${key}=${value}`])],
    })
  return (
    <div class="metric-controls">
      {instrument.type === 'sum' && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
        <span role="group" aria-label="Values">
          {(['rate', 'value'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={mode === one} onClick={() => setParams({ mode: one })}>
              {one === 'rate' ? 'Rate' : 'Value'}
            </button>
          ))}
        </span>
      )}
      {instrument.attributeKeys.length > 0 && (
        <label>
          Split by{' '}
          <select
            value={param('split')}
            onChange={(event) => setParams({ split: event.currentTarget.value, hide: null })}
          >
            <option value="">all attributes</option>
            {instrument.attributeKeys.map((key) => (
              <option key={key} value={key}>
                {key}
              </option>
            ))}
          </select>
        </label>
      )}
      {Object.entries(attributeValues).map(([key, values]) => (
        <label key={key}>
          {key}{' '}
          <select
            value={filters.find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1) ?? ''}
            onChange={(event) => setFilter(key, event.currentTarget.value)}
          >
            <option value="">any</option>
            {values.map((value) => (
              <option key={value} value={value}>
                {value}
              </option>
            ))}
          </select>
        </label>
      ))}
    </div>
  )
}

function Lines({ data }: { readonly data: MetricData }) {
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
        onRange={(from, to) => setParams({ from, to, last: null }, { replace: false })}
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

/** What a point of the lines is about. */
function Meaning({ data: { instrument, stepUs, intervalUs, mode } }: { readonly data: MetricData }) {
  if (intervalUs === null) return <>One export so far.</>
  const report = duration(roundedUs(intervalUs) * 1000)
  if (stepUs > intervalUs * 1.5) {
    return (
      <>
        Exported every {report}; each point stands for {duration(stepUs * 1000)}.
      </>
    )
  }
  const isInstant = instrument.type === 'gauge' || (instrument.temporality === 'cumulative' && mode === 'value')
  const isSpread = instrument.type.endsWith('istogram')
  return (
    <>
      Exported every {report}; each point{' '}
      {mode === 'rate'
        ? 'is the rate over that time'
        : isInstant && !isSpread
          ? 'is the value then'
          : 'covers that time'}
      .
    </>
  )
}

/** Timers are late by some milliseconds. */
const roundedUs = (us: number): number => (us >= 2e6 ? Math.round(us / 1e6) * 1e6 : us)

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
