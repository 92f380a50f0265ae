/** The page Insights: what was found in the telemetry, narrowed by kind, dismissed and brought back. */
import { useSignal } from '@preact/signals'
import type { InsightKind, InsightList } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { count } from '../lib/format.ts'
import { param, setParams } from '../lib/location.tsx'
import { Empty, Failed, Loading } from '../lib/states.tsx'
import { windowParams } from '../lib/window.ts'
import { Card } from './insights/card.tsx'
import { KIND_ORDER, KINDS } from './insights/kinds.ts'

export function InsightsPage() {
  const changes = useSignal(0)
  const { data, error } = useQuery<InsightList>(() => {
    changes.value
    return urlOf('insights', { ...windowParams(), dismissed: param('dismissed') })
  })
  if (error) return <Failed error={error} />
  if (!data) return <Loading />
  const kind = param('kind')
  const shown = data.insights.filter((insight) => kind === '' || insight.kind === kind)
  return (
    <div class="insights">
      <h1 class="visually-hidden">Insights</h1>
      <Kinds list={data} />
      {shown.length === 0 ? (
        <Empty title="Nothing found">
          <p>
            Traces are looked at as they arrive: for repeated queries, failures, slow operations, calls that could run
            side by side, and spans that never end.
          </p>
        </Empty>
      ) : (
        shown.map((insight) => <Card key={insight.id} insight={insight} onChange={() => changes.value++} />)
      )}
    </div>
  )
}

function Kinds({ list: { counts } }: { readonly list: InsightList }) {
  const chosen = param('kind')
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0)
  const withDismissed = param('dismissed') === '1'
  const button = (kind: InsightKind | '', label: string, found: number) => (
    <button key={kind} type="button" aria-pressed={chosen === kind} onClick={() => setParams({ kind })}>
      {label} <span class="dim">{count(found)}</span>
    </button>
  )
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
    <div class="chips" role="group" aria-label="Kind">
      {button('', 'All', total)}
      {KIND_ORDER.filter((kind) => counts[kind] !== undefined || chosen === kind).map((kind) =>
        button(kind, KINDS[kind].label, counts[kind] ?? 0),
      )}
      <label class="total">
        <input
          type="checkbox"
          checked={withDismissed}
          onChange={() => setParams({ dismissed: withDismissed ? null : 1 })}
        />{' '}
        with dismissed
      </label>
    </div>
  )
}
