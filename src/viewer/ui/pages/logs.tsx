/** The page Logs: severities over time, a query, and the records or their patterns. */
import { useSignal } from '@preact/signals'
import type { LogHistogram } from '../../api.ts'
import { type RequestError, urlOf, useQuery } from '../lib/api.ts'
import { param, setParams } from '../lib/location.tsx'
import { QueryBox } from '../parts/query-box.tsx'
import { logParams } from './logs/params.ts'
import { Patterns } from './logs/patterns.tsx'
import { Records } from './logs/records.tsx'
import { SeverityHistogram, withoutSeverities } from './logs/severities.tsx'

export function LogsPage() {
  const histogram = useQuery<LogHistogram>(() =>
    urlOf('logHistogram', { ...logParams(), q: withoutSeverities(param('q')) }),
  )
  const badQuery = useSignal<RequestError | undefined>(undefined)
  const isGrouped = param('group') === 'pattern'
  return (
    <div class="logs">
      <h1 class="visually-hidden">Logs</h1>
      <div class="log-bar">
        <QueryBox
          of="logs"
          value={param('q')}
          onApply={(q) => setParams({ q })}
          error={badQuery.value}
          placeholder="severity>=warn service:orders timeout"
          label="Query of log records"
        />
        <button
          type="button"
          aria-pressed={isGrouped}
          onClick={() => setParams({ group: isGrouped ? null : 'pattern' })}
        >
          Group by pattern
        </button>
      </div>
      {histogram.data && <SeverityHistogram histogram={histogram.data} />}
      {isGrouped ? <Patterns /> : <Records onBadQuery={(error) => (badQuery.value = error)} />}
    </div>
  )
}
