/** What can be set of a chart: rate or value, the split, and filters by attribute. */
import type { MetricData } from '../../../api.ts'
import { param, setParams } from '../../lib/location.tsx'
import { currentFilters } from './filters.ts'

export function Controls({ data: { instrument, attributeValues, mode } }: { readonly data: MetricData }) {
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
