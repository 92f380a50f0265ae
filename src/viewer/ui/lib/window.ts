/** The filters that hold on every page: time window, services, run; as parameters of a request. */
import { computed } from '@preact/signals'
import { GLOBAL_PARAMS, type Params, param, params, setParams } from './location.tsx'

export const WINDOWS: readonly { readonly id: string; readonly label: string; readonly minutes: number | null }[] = [
  { id: '', label: 'All stored', minutes: null },
  { id: '5m', label: 'Last 5 min', minutes: 5 },
  { id: '15m', label: 'Last 15 min', minutes: 15 },
  { id: '1h', label: 'Last hour', minutes: 60 },
  { id: '24h', label: 'Last 24 hours', minutes: 1440 },
]

export const services = computed(() => params.value.getAll('service'))

/** Those of all pages, and what pages narrow their own lists by. */
const FILTERS = [...GLOBAL_PARAMS, 'q', 'only', 'filter']

/** Whether anything narrows down what is shown. */
export const isFiltered = (): boolean => FILTERS.some((name) => param(name) !== '')

export const clearFilters = (): void => setParams(Object.fromEntries(FILTERS.map((name) => [name, null])))

/** Call it inside `useQuery`'s function, so that changes ask again. */
export function windowParams(): Params {
  const minutes = WINDOWS.find(({ id }) => id === param('last'))?.minutes ?? null
  return {
    service: services.value,
    run: param('run'),
    from: minutes === null ? param('from') : (Date.now() - minutes * 60_000) * 1000,
    to: minutes === null ? param('to') : null,
  }
}
