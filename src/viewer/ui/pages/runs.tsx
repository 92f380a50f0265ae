/** The page Runs: two starts of a program side by side, what became slower or faster, what is new, statements a request. */
import type { ComparedRun, Insight, ProgramRun, RunComparison, RunList } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { count, digits, duration, plural, time } from '../lib/format.ts'
import { href, Link, param, setParams } from '../lib/location.tsx'
import { Empty, Failed, Loading } from '../lib/states.tsx'
import { ComparedOperations } from './runs/operations.tsx'

export function RunsPage() {
  const list = useQuery<RunList>(() => urlOf('runs'))
  const comparison = useQuery<RunComparison>(() => urlOf('compareRuns', { a: param('a'), b: param('b') }), {
    live: false,
  })
  if (list.data && list.data.programs.length === 0)
    return (
      <Empty title="No run yet">
        <p>Each start of a program is a run. Start one with `uptrace-node dev`, and again after a change.</p>
      </Empty>
    )
  return (
    <div class="runs">
      <h1>Run against run</h1>
      {list.data && <Choice programs={list.data.programs} comparison={comparison.data} />}
      {comparison.error ? (
        <Failed error={comparison.error} />
      ) : comparison.data ? (
        <Compared comparison={comparison.data} />
      ) : (
        <Loading />
      )}
    </div>
  )
}

function Choice({
  programs,
  comparison,
}: {
  readonly programs: readonly ProgramRun[]
  readonly comparison: RunComparison | undefined
}) {
  const chosen = { a: param('a') || (comparison?.a?.id ?? ''), b: param('b') || (comparison?.b.id ?? '') }
  return (
    <p class="runs-choice">
      {(['a', 'b'] as const).map((side) => (
        <label key={side}>
          {side === 'a' ? 'Before' : 'After'}{' '}
          <select value={chosen[side]} onChange={(event) => setParams({ [side]: event.currentTarget.value })}>
            {chosen[side] === '' && <option value="">none</option>}
            {programs.map((program) => (
              <option key={program.id} value={program.id}>
                {`${program.services.join(', ')} ${time(program.firstUs)} · ${plural(program.spans, 'span')}`}
              </option>
            ))}
          </select>
        </label>
      ))}
      <button type="button" onClick={() => setParams({ a: chosen.b, b: chosen.a })} disabled={chosen.a === ''}>
        Swap
      </button>
    </p>
  )
}

function Compared({ comparison }: { readonly comparison: RunComparison }) {
  const { a, b, operations, findings, queries, test } = comparison
  if (a === null)
    return (
      <Empty title="Nothing to compare with">
        <p>There is no run of {b.services.join(', ')} before this one.</p>
      </Empty>
    )
  return (
    <>
      <Overview a={a} b={b} />
      <Findings title="New" insights={findings.added} />
      <Findings title="Gone" insights={findings.gone} />
      <h2>Operations</h2>
      <p class="dim">
        Slower and faster are told from chance by the Mann-Whitney rank test, corrected for the number of operations, at{' '}
        {digits(test.alpha * 100)} %; medians differ by a tenth at least. Each run needs {test.leastCalls} calls.
      </p>
      <ComparedOperations operations={operations} />
      {queries.length > 0 && (
        <>
          <h2>Statements a request</h2>
          <div class="runs-table">
            <table class="runs-rows">
              <thead>
                <tr>
                  <th scope="col">Operation</th>
                  <th scope="col">Statement</th>
                  <th scope="col" class="num">
                    Before
                  </th>
                  <th scope="col" class="num">
                    After
                  </th>
                </tr>
              </thead>
              <tbody>
                {queries.map((row) => (
                  <tr key={`${row.service} ${row.operation} ${row.statement}`}>
                    <td>{row.operation}</td>
                    <td class="mono">{row.statement}</td>
                    <td class="num" data-label="Before">
                      {digits(row.a)}
                    </td>
                    <td class={`num ${row.b > row.a ? 'worse' : 'better'}`} data-label="After">
                      {digits(row.b)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </>
  )
}

function Overview({ a, b }: { readonly a: ComparedRun; readonly b: ComparedRun }) {
  const rows = [
    ['Started', time(a.firstUs), time(b.firstUs)],
    ['Processes', count(a.processes), count(b.processes)],
    ['Traces', tracesOf(a), tracesOf(b)],
    ['With an error', count(a.failed), count(b.failed)],
    ['With an N+1', count(a.found['n+1'] ?? 0), count(b.found['n+1'] ?? 0)],
    ['Slowest', duration(a.slowest?.durationNs), duration(b.slowest?.durationNs)],
  ]
  return (
    <div class="runs-table">
      <table class="runs-overview">
        <thead>
          <tr>
            <td />
            <th scope="col" class="num">
              Before
            </th>
            <th scope="col" class="num">
              After
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, before, after]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td class="num">{before}</td>
              <td class="num">{after}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const tracesOf = ({ traces, sampled }: ComparedRun): string =>
  sampled === null ? count(traces) : `newest ${count(traces)}`

function Findings({ title, insights }: { readonly title: string; readonly insights: readonly Insight[] }) {
  if (insights.length === 0) return null
  return (
    <>
      <h2>{title}</h2>
      <ul class="runs-findings">
        {insights.map(({ id, kind, title: text, count: times, evidence }) => (
          <li key={id} class={title === 'New' ? 'worse' : 'better'}>
            <span class="dim">
              {count(times)}× {kind}
            </span>{' '}
            {evidence[0] ? (
              <Link to={href(`/traces/${evidence[0].traceId}`, { span_id: evidence[0].spanId })}>{text}</Link>
            ) : (
              text
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
