/** Left of the list: values to filter by, with their counts. */
import type { FacetList, FacetValue } from '../../../api.ts'
import { urlOf, useQuery } from '../../lib/api.ts'
import { count } from '../../lib/format.ts'
import { param, setParams } from '../../lib/location.tsx'
import { addTerm, hasTerm, removeTerm, toggleTerm } from '../../lib/query-text.ts'
import { listParams } from './use-trace-list.ts'

const MAX_KEYS = 30

export function Facets({ isShown }: { readonly isShown: boolean }) {
  const { data } = useQuery<FacetList>(() => urlOf('traceFacets', listParams()))
  const query = param('q')
  const own = { id: 'facets', class: isShown ? 'facets shown' : 'facets', 'aria-label': 'Filters' }
  if (data === undefined) return <aside {...own} />
  return (
    <aside {...own}>
      {data.facets
        .filter(({ values }) => values.length > 0)
        .map(({ field, label, values, more }) => (
          <section key={field} aria-label={label}>
            <h2>{label}</h2>
            <ul>
              {values.map((value) => (
                <Value key={value.value} value={value} query={query} of={data.sampled} />
              ))}
            </ul>
            {more && <p class="dim">more: type {field}: above</p>}
          </section>
        ))}
      {data.attributeKeys.length > 0 && (
        <section aria-label="Attributes">
          <h2>Has attribute</h2>
          <ul>
            {data.attributeKeys.slice(0, MAX_KEYS).map(({ key, count: found }) => (
              <Value
                key={key}
                value={{ value: key, count: found, errors: 0, term: `has:${key}` }}
                query={query}
                of={data.sampled}
              />
            ))}
          </ul>
        </section>
      )}
      {data.sampled < data.total && (
        <p class="dim">
          Counts are of the newest {count(data.sampled)} of {count(data.total)} traces.
        </p>
      )}
    </aside>
  )
}

interface Props {
  readonly value: FacetValue
  readonly query: string
  readonly of: number
}

function Value({ value: { value, count: found, errors, term }, query, of }: Props) {
  const negated = `-${term}`
  const isOn = hasTerm(query, term)
  const isOff = hasTerm(query, negated)
  return (
    <li class={isOff ? 'facet without' : 'facet'}>
      <button
        type="button"
        class="quiet"
        aria-pressed={isOn}
        title={value}
        onClick={() => setParams({ q: isOff ? removeTerm(query, negated) : toggleTerm(query, term) })}
      >
        <span class="facet-share" style={{ width: `${of === 0 ? 0 : Math.min(100, (found / of) * 100)}%` }} />
        <span class="ellipsis">{value === '' ? '(empty)' : value}</span>
        {errors > 0 && errors < found && <span class="error">{count(errors)}</span>}
        <span class="dim">{count(found)}</span>
      </button>
      <button
        type="button"
        class="quiet not"
        aria-pressed={isOff}
        aria-label={`Without ${value}`}
        title="Exclude"
        onClick={() => setParams({ q: isOff ? removeTerm(query, negated) : addTerm(query, negated) })}
      >
        −
      </button>
    </li>
  )
}
