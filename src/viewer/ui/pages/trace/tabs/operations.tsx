/** What the trace spent its time on, by operation. */
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { SpanRow } from '../../../../api.ts'
import { SYSTEM_MARK, serviceClass } from '../../../lib/colors.ts'
import { count, duration, percent } from '../../../lib/format.ts'
import type { TraceState } from '../state.ts'

interface Operation {
  readonly first: SpanRow
  calls: number
  errors: number
  totalNs: number
  selfNs: number
  maxNs: number
}
const COLUMNS = { calls: 'Calls', errors: 'Errors', totalNs: 'Total', selfNs: 'Own time', maxNs: 'Longest' } as const
type Column = keyof typeof COLUMNS

export function OperationsTab({ state }: { readonly state: TraceState }) {
  const { spans } = state.detail.value
  const sort = useSignal<Column>('selfNs')
  const all = useMemo(() => operationsOf(spans), [spans])
  const allSelf = all.reduce((sum, { selfNs }) => sum + selfNs, 0)
  const sorted = all.toSorted((one, other) => other[sort.value] - one[sort.value])
  return (
    <div class="tab-scroll">
      <table class="trace-operations">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            {(Object.keys(COLUMNS) as Column[]).map((column) => (
              <th key={column} scope="col" class="num" aria-sort={sort.value === column ? 'descending' : undefined}>
                <button type="button" class="quiet" onClick={() => (sort.value = column)}>
                  {COLUMNS[column]}
                  {sort.value === column && ' ↓'}
                </button>
              </th>
            ))}
            <th scope="col" class="num">
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, 500).map((operation) => {
            const { first, calls, errors, totalNs, selfNs, maxNs } = operation
            return (
              <tr key={first.spanId} class={serviceClass(first.service)}>
                <td>
                  <span class="dot" />
                  <span class="dim">{first.service}</span>{' '}
                  {SYSTEM_MARK[first.system] !== '' && <span class="system">{SYSTEM_MARK[first.system]}</span>}{' '}
                  <button
                    type="button"
                    class="quiet link"
                    onClick={() => {
                      state.reveal(first.index)
                      state.panelOpen.value = true
                    }}
                  >
                    {first.name}
                  </button>
                </td>
                <td class="num">{count(calls)}</td>
                <td class={errors > 0 ? 'num error' : 'num dim'}>{count(errors)}</td>
                <td class="num">{duration(totalNs)}</td>
                <td class="num">{duration(selfNs)}</td>
                <td class="num">{duration(maxNs)}</td>
                <td class="num">
                  <meter min={0} max={1} value={allSelf === 0 ? 0 : selfNs / allSelf} aria-label="Share of own time" />{' '}
                  {percent(allSelf === 0 ? 0 : selfNs / allSelf)}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function operationsOf(spans: readonly SpanRow[]): Operation[] {
  const all = new Map<string, Operation>()
  for (const span of spans) {
    const key = `${span.service}\n${span.kind}\n${span.name}`
    let operation = all.get(key)
    if (operation === undefined) {
      operation = { first: span, calls: 0, errors: 0, totalNs: 0, selfNs: 0, maxNs: 0 }
      all.set(key, operation)
    }
    operation.calls++
    if (span.error) operation.errors++
    operation.totalNs += span.durationNs
    operation.selfNs += span.selfNs
    operation.maxNs = Math.max(operation.maxNs, span.durationNs)
  }
  return [...all.values()]
}
