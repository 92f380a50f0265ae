/** The series of an instrument: their attributes, and which of them meet a filter. */
import type { Attributes, MetricData } from '../api.ts'
import type { Engine } from './engine.ts'
import type { QueryWindow } from './window.ts'

export interface SeriesInfo {
  readonly id: number
  readonly attributes: Attributes
  readonly run: string
}

export function seriesOf({ store }: Engine, instrument: number, window: QueryWindow): SeriesInfo[] {
  const rows = store.database
    .prepare('SELECT id, resource_id, attrs FROM series WHERE instrument_id = ?')
    .all(instrument) as {
    id: number
    resource_id: number
    attrs: string
  }[]
  return rows
    .map((row) => ({
      id: row.id,
      attributes: JSON.parse(row.attrs) as Attributes,
      run: store.resources.byId(row.resource_id).run,
    }))
    .filter(({ run }) => window.run === undefined || run === window.run)
}

/** `key=value` each; all must hold. */
export function matchesFilters(attributes: Attributes, filters: readonly string[]): boolean {
  return filters.every((filter) => {
    const at = filter.indexOf('=')
    return at > 0 && String(attributes[filter.slice(0, at)] ?? '') === filter.slice(at + 1)
  })
}

export function valuesByKey(series: readonly SeriesInfo[]): MetricData['attributeValues'] {
  const values = new Map<string, Set<string>>()
  for (const { attributes } of series)
    for (const [key, value] of Object.entries(attributes)) {
      const known = values.get(key) ?? new Set()
      values.set(key, known)
      if (known.size < 200) known.add(typeof value === 'object' ? JSON.stringify(value) : String(value))
    }
  return Object.fromEntries([...values].map(([key, known]) => [key, [...known].sort()]))
}
