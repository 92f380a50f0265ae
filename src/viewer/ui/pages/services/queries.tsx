/** Database statements without their values: how often, how long, and from where. */
import type { QueryStatList } from '../../../api.ts'
import { urlOf, useQuery } from '../../lib/api.ts'
import { serviceClass } from '../../lib/colors.ts'
import { count, duration, percent, plural } from '../../lib/format.ts'
import { href, Link } from '../../lib/location.tsx'
import { Empty, Failed, Loading } from '../../lib/states.tsx'
import { windowParams } from '../../lib/window.ts'
import { Cells, type Column, Headings, sorted } from './sorting.tsx'

type QueryStat = QueryStatList['queries'][number]
const FIRST_CALLERS = 3

const COLUMNS: readonly Column<QueryStat>[] = [
  {
    id: 'statement',
    label: 'Statement',
    value: ({ statement }) => statement,
    cell: ({ statement, sample }) => (
      <Link
        to={href(`/traces/${sample.traceId}`, { span_id: sample.spanId })}
        class="statement mono"
        title="Open one of its spans"
      >
        {statement}
      </Link>
    ),
  },
  {
    id: 'service',
    label: 'Service',
    value: ({ service, system }) => `${service} ${system}`,
    cell: ({ service, system }) => (
      <span class={serviceClass(service)}>
        <span class="dot" />
        {service} <span class="pill">{system}</span>
      </span>
    ),
  },
  { id: 'calls', label: 'Calls', class: 'num', value: ({ calls }) => calls, cell: ({ calls }) => count(calls) },
  {
    id: 'errors',
    label: 'Errors',
    class: 'num',
    value: ({ calls, errors }) => errors / Math.max(calls, 1),
    cell: ({ calls, errors }) =>
      errors === 0 ? <span class="dim">0</span> : <span class="error">{percent(errors / Math.max(calls, 1))}</span>,
  },
  ...(['p50', 'p95', 'max', 'total'] as const).map((id) => ({
    id: id === 'total' ? 'time' : id,
    label: id === 'total' ? 'Total' : id,
    class: 'num',
    value: (row: QueryStat) => row[`${id}Ns`],
    cell: (row: QueryStat) => duration(row[`${id}Ns`]),
  })),
  {
    id: 'callers',
    label: 'Callers',
    value: ({ callers }) => callers[0]?.name ?? '',
    cell: ({ callers }) => (
      <ul class="callers">
        {callers.slice(0, FIRST_CALLERS).map(({ name, calls }) => (
          <li key={name}>
            {name} <span class="dim">×{count(calls)}</span>
          </li>
        ))}
        {callers.length > FIRST_CALLERS && <li class="dim">and {plural(callers.length - FIRST_CALLERS, 'other')}</li>}
      </ul>
    ),
  },
]

export function Queries() {
  const { data, error } = useQuery<QueryStatList>(() => urlOf('queries', windowParams()))
  if (error) return <Failed error={error} />
  if (!data) return <Loading />
  if (data.queries.length === 0)
    return (
      <Empty title="No statements">
        <p>Statements of instrumented database clients appear here without their values.</p>
      </Empty>
    )
  return (
    <table class="queries">
      <Headings columns={COLUMNS} standard="time" />
      <tbody>
        {sorted(data.queries, COLUMNS, 'time').map((row) => (
          <tr key={`${row.service} ${row.system} ${row.statement}`}>
            <Cells columns={COLUMNS} row={row} />
          </tr>
        ))}
      </tbody>
    </table>
  )
}
