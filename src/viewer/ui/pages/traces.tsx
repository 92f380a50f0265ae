/** The page of all traces: query, facets, points over time, and the list. */
import { useSignal } from '@preact/signals'
import type { TraceListParams } from '../../api.ts'
import { param, setParams } from '../lib/location.tsx'
import { Failed, Loading } from '../lib/states.tsx'
import { isFiltered } from '../lib/window.ts'
import { QueryBox } from '../parts/query-box.tsx'
import { Facets } from './traces/facets.tsx'
import { List } from './traces/list.tsx'
import { NothingFound, NothingYet } from './traces/nothing.tsx'
import { ScatterChart } from './traces/scatter.tsx'
import { useTraceList } from './traces/use-trace-list.ts'

const SORTS: readonly { readonly id: NonNullable<TraceListParams['sort']>; readonly label: string }[] = [
  { id: 'newest', label: 'Newest' },
  { id: 'oldest', label: 'Oldest' },
  { id: 'slowest', label: 'Slowest' },
  { id: 'fastest', label: 'Fastest' },
  { id: 'spans', label: 'Most spans' },
  { id: 'errors', label: 'Most errors' },
]

export function TracesPage() {
  const list = useTraceList()
  const { traces, error, isLoading } = list
  const showsFacets = useSignal(false)
  const isBadQuery = error?.code === 'bad_query'
  const isEmpty = !isLoading && error === undefined && traces.length === 0 && !list.hasMore
  if (isEmpty && !isFiltered()) return <NothingYet />
  return (
    <div class="traces">
      <h1 class="visually-hidden">Traces</h1>
      <div class="traces-bar">
        <QueryBox
          of="spans"
          value={param('q')}
          error={isBadQuery ? error : undefined}
          placeholder="service:orders duration>50ms status:error http.route=/api/* timeout"
          label="Query of traces"
          onApply={(q) => setParams({ q })}
        />
        <button
          type="button"
          class="narrow-only"
          aria-expanded={showsFacets.value}
          aria-controls="facets"
          onClick={() => (showsFacets.value = !showsFacets.value)}
        >
          Filters
        </button>
        <label>
          Sort{' '}
          <select
            value={param('sort') || 'newest'}
            onChange={(event) =>
              setParams({ sort: event.currentTarget.value === 'newest' ? null : event.currentTarget.value })
            }
          >
            {SORTS.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="traces-body">
        <Facets isShown={showsFacets.value} />
        <div class="traces-main">
          <ScatterChart />
          {error && !isBadQuery && <Failed error={error} />}
          {isEmpty && <NothingFound unknownFields={list.unknownFields} />}
          {traces.length === 0 && isLoading && <Loading />}
          {traces.length > 0 && <List list={list} />}
        </div>
      </div>
    </div>
  )
}
