/** The table of operations, narrowed by system and text; a click opens one beside it. */
import { useSignal } from '@preact/signals'
import type { OperationList, OperationStats, SpanSystem } from '../../../api.ts'
import { SYSTEM_MARK, serviceClass } from '../../lib/colors.ts'
import { count, digits, duration, percent } from '../../lib/format.ts'
import { IN_PLACE, param, setParams } from '../../lib/location.tsx'
import { Empty } from '../../lib/states.tsx'
import { Sparkline } from '../../parts/sparkline.tsx'
import { Cells, type Column, Headings, sorted } from './sorting.tsx'

const FIRST_ROWS = 200

const COLUMNS: readonly Column<OperationStats>[] = [
  {
    id: 'name',
    label: 'Operation',
    value: ({ name, service }) => `${name} ${service}`,
    cell: (row) => <Name row={row} />,
  },
  { id: 'calls', label: 'Calls', class: 'num', value: ({ calls }) => calls, cell: ({ calls }) => count(calls) },
  {
    id: 'rate',
    label: 'Rate',
    class: 'num',
    value: ({ rate }) => rate,
    cell: ({ rate, sparkline }) => (
      <>
        <Sparkline values={sparkline} label="Calls over time" width={70} />
        <span class="rate">{digits(rate)}/s</span>
      </>
    ),
  },
  {
    id: 'errors',
    label: 'Errors',
    class: 'num',
    value: ({ calls, errors }) => errors / Math.max(calls, 1),
    cell: ({ calls, errors }) =>
      errors === 0 ? <span class="dim">0</span> : <span class="error">{percent(errors / Math.max(calls, 1))}</span>,
  },
  ...(['p50', 'p95', 'p99', 'max'] as const).map((id) => ({
    id,
    label: id,
    class: 'num',
    value: (row: OperationStats) => row[`${id}Ns`],
    cell: (row: OperationStats) => duration(row[`${id}Ns`]),
  })),
  {
    id: 'time',
    label: 'Share of time',
    class: 'num',
    value: ({ totalNs }) => totalNs,
    cell: ({ timeShare, totalNs }) => (
      <span title={`${duration(totalNs)} in sum`}>
        <span class="share" aria-hidden="true">
          <span style={{ width: `${Math.min(100, timeShare * 100)}%` }} />
        </span>
        {percent(timeShare)}
      </span>
    ),
  },
]

const isOpen = ({ service, name, kind }: OperationStats): boolean =>
  param('op') === name && param('of') === service && param('kind') === kind

export function Operations({ list }: { readonly list: OperationList }) {
  const all = useSignal(false)
  const system = param('system')
  const find = param('find').toLowerCase()
  const systems = [...new Set(list.operations.map((operation) => operation.system))].sort()
  const rows = sorted(
    list.operations.filter(
      (operation) =>
        (system === '' || operation.system === system) &&
        (find === '' || `${operation.service} ${operation.name}`.toLowerCase().includes(find)),
    ),
    COLUMNS,
    'time',
  )
  const shown = all.value ? rows : rows.slice(0, FIRST_ROWS)
  return (
    <>
      <div class="chips">
        <input
          type="search"
          placeholder="Find an operation"
          aria-label="Find an operation"
          value={param('find')}
          onInput={(event) => setParams({ find: event.currentTarget.value }, IN_PLACE)}
        />
        {systems.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={system === one}
            onClick={() => setParams({ system: system === one ? null : one })}
          >
            {systemName(one)}
          </button>
        ))}
        <span class="dim total">{count(rows.length)} operations</span>
      </div>
      {rows.length === 0 ? (
        <Empty title="No operations">
          <p>Operations appear with the first spans. Change the window, the service or the filter to see others.</p>
        </Empty>
      ) : (
        <table class="operations">
          <Headings columns={COLUMNS} standard="time" />
          <tbody>
            {shown.map((row) => (
              <tr key={`${row.service} ${row.kind} ${row.name}`} class={isOpen(row) ? 'open' : undefined}>
                <Cells columns={COLUMNS} row={row} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {shown.length < rows.length && (
        <button type="button" onClick={() => (all.value = true)}>
          Show all {count(rows.length)}
        </button>
      )}
    </>
  )
}

function Name({ row }: { readonly row: OperationStats }) {
  return (
    <button
      type="button"
      class={`operation ${serviceClass(row.service)}`}
      aria-expanded={isOpen(row)}
      title={`${row.service}: ${row.name} (${row.kind})`}
      onClick={() =>
        setParams(isOpen(row) ? { op: null, of: null, kind: null } : { op: row.name, of: row.service, kind: row.kind })
      }
    >
      <span class="dot" />
      <span class="ellipsis">{row.name}</span>
      {SYSTEM_MARK[row.system] && <span class="pill">{SYSTEM_MARK[row.system]}</span>}
      <span class="dim ellipsis">
        {row.service} · {row.kind}
      </span>
    </button>
  )
}

export const systemName = (system: SpanSystem): string => SYSTEM_MARK[system] || 'internal'
