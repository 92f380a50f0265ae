/** One operation: how long its calls take, where the time goes, the slowest and the failed, and the run before. */
import type { OperationDetail, Stats } from '../../../api.ts'
import { Bars } from '../../charts/bars.tsx'
import { urlOf, useQuery } from '../../lib/api.ts'
import { serviceClass } from '../../lib/colors.ts'
import { count, digits, duration, percent } from '../../lib/format.ts'
import { useKeys } from '../../lib/keys.ts'
import { href, Link, navigate, param, setParams } from '../../lib/location.tsx'
import { term } from '../../lib/query-text.ts'
import { Failed, Loading } from '../../lib/states.tsx'
import { windowParams } from '../../lib/window.ts'
import { SpanList } from '../../parts/span-list.tsx'

const close = (): void => setParams({ op: null, of: null, kind: null })

export function Operation() {
  const { data, error } = useQuery<OperationDetail>(() =>
    param('op') === ''
      ? null
      : urlOf('operation', { ...windowParams(), service: param('of'), name: param('op'), kind: param('kind') }),
  )
  useKeys([{ keys: ['Escape'], label: 'Close the operation', run: close }])
  return (
    <aside class="operation-panel" aria-label="Operation">
      <header>
        <h2 class={serviceClass(param('of'))}>
          <span class="dot" />
          {param('op')} <span class="dim">{param('of')}</span>
        </h2>
        <Link to={href('/traces', { q: queryOf() })}>Traces</Link>
        <button type="button" aria-label="Close" onClick={close}>
          ×
        </button>
      </header>
      {error ? <Failed error={error} /> : data ? <Detail detail={data} /> : <Loading />}
    </aside>
  )
}

const queryOf = (...more: string[]): string =>
  [term('service', param('of')), term('name', param('op')), term('kind', param('kind')), ...more].join(' ')

function Detail({ detail }: { readonly detail: OperationDetail }) {
  const { operation, slowest, failed, breakdown, previousRun } = detail
  return (
    <>
      <Latency detail={detail} />
      <Comparison now={operation} before={previousRun?.stats ?? null} />
      {breakdown.length > 0 && (
        <section>
          <h3>Where a call's time goes</h3>
          <table aria-label="Mean time of a call by system">
            <tbody>
              {breakdown.map(({ label, system, meanNs, share }) => (
                <tr key={label}>
                  <td class={system === 'self' ? 'dim' : undefined}>{label}</td>
                  <td class="wide">
                    <span class="share wide" aria-hidden="true">
                      <span style={{ width: `${Math.min(100, share * 100)}%` }} />
                    </span>
                  </td>
                  <td class="num">{duration(meanNs)}</td>
                  <td class="num">{percent(share)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {slowest.length > 0 && (
        <section>
          <h3>Slowest</h3>
          <SpanList spans={slowest} label="Slowest calls" withName={false} />
        </section>
      )}
      {failed.length > 0 && (
        <section>
          <h3>Failed</h3>
          <SpanList spans={failed} label="Failed calls" withName={false} />
        </section>
      )}
    </>
  )
}

/** Bars of equal width over bounds that grow by a factor: a logarithmic axis. */
function Latency({ detail: { histogram, operation } }: { readonly detail: OperationDetail }) {
  const { boundsNs } = histogram
  const first = histogram.counts.findIndex((calls) => calls > 0)
  if (first < 0) return null
  const last = histogram.counts.findLastIndex((calls) => calls > 0)
  const counts = histogram.counts.slice(first, last + 1)
  const low = (index: number): number => boundsNs[first + index] ?? 0
  const high = (index: number): number => boundsNs[first + index + 1] ?? operation.maxNs
  const total = counts.reduce((sum, calls) => sum + calls, 0)
  let below = 0
  const bars = counts.map((calls, index) => {
    below += calls
    return {
      segments: [{ class: 'bar-plain', value: calls }],
      label: `${duration(low(index))} – ${duration(high(index))}: ${count(calls)} calls, ${percent(below / total)} up to here`,
    }
  })
  const place = (ns: number): number => {
    const index = counts.findIndex((_, at) => ns < high(at))
    if (index < 0) return counts.length
    const [from, to] = [Math.max(low(index), 1), high(index)]
    return index + Math.max(0, Math.log(ns / from) / Math.log(to / from))
  }
  return (
    <section>
      <h3>Latency</h3>
      <Bars
        label="Calls by duration"
        bars={bars}
        ticks={[duration(low(0)), duration(low(Math.floor(counts.length / 2))), duration(high(counts.length - 1))]}
        marks={[
          { at: place(operation.p50Ns), label: 'p50' },
          { at: place(operation.p95Ns), label: 'p95' },
        ]}
        onSelect={(from, to) =>
          navigate(
            href('/traces', {
              q: queryOf(`duration>=${Math.floor(low(from))}ns`, `duration<${Math.ceil(high(to))}ns`),
            }),
          )
        }
      />
    </section>
  )
}

const ROWS: readonly (readonly [label: string, value: (stats: Stats) => number, text: (value: number) => string])[] = [
  ['Calls', ({ calls }) => calls, count],
  ['Rate', ({ rate }) => rate, (rate) => `${digits(rate)}/s`],
  ['Errors', ({ calls, errors }) => errors / Math.max(calls, 1), percent],
  ['p50', ({ p50Ns }) => p50Ns, duration],
  ['p95', ({ p95Ns }) => p95Ns, duration],
  ['p99', ({ p99Ns }) => p99Ns, duration],
  ['Max', ({ maxNs }) => maxNs, duration],
]
/** Less of a change is noise. */
const TELLING = 0.1

function Comparison({ now, before }: { readonly now: Stats; readonly before: Stats | null }) {
  return (
    <section>
      <table aria-label="This window and the run before">
        <thead>
          <tr>
            <th>
              <span class="visually-hidden">Figure</span>
            </th>
            <th class="num">Now</th>
            {before && <th class="num">Run before</th>}
            {before && <th class="num">Change</th>}
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([label, value, text]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td class="num">{text(value(now))}</td>
              {before && <td class="num dim">{text(value(before))}</td>}
              {before && (
                <td class="num">
                  <Change now={value(now)} before={value(before)} isWorse={label !== 'Calls' && label !== 'Rate'} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Change({
  now,
  before,
  isWorse,
}: {
  readonly now: number
  readonly before: number
  readonly isWorse: boolean
}) {
  if (before === 0) return <span class="dim">–</span>
  const change = now / before - 1
  const level = !isWorse || Math.abs(change) < TELLING ? 'dim' : change > 0 ? 'error' : 'better'
  return (
    <span class={level}>
      {change > 0 ? '+' : ''}
      {percent(change)}
    </span>
  )
}
