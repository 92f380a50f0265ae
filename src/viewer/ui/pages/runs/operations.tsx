/** The table of operations of two runs: calls, median and p95 before and after, and what the test says. */
import { useSignal } from '@preact/signals'
import type { ComparedOperation } from '../../../api.ts'
import { count, duration } from '../../lib/format.ts'

const FIRST_ROWS = 50
const VERDICTS: Readonly<Record<ComparedOperation['verdict'], string>> = {
  slower: 'slower',
  faster: 'faster',
  same: 'no difference',
  'too-few': 'too few calls',
  added: 'new',
  gone: 'gone',
}

export function ComparedOperations({ operations }: { readonly operations: readonly ComparedOperation[] }) {
  const all = useSignal(false)
  const shown = all.value ? operations : operations.slice(0, FIRST_ROWS)
  return (
    <div class="runs-table">
      <table class="runs-rows">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">Result</th>
            <th scope="col" class="num">
              Calls
            </th>
            <th scope="col" class="num">
              Median
            </th>
            <th scope="col" class="num">
              p95
            </th>
            <th scope="col" class="num">
              p-value
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ service, name, kind, a, b, verdict, pValue }) => (
            <tr key={`${service} ${name} ${kind}`}>
              <td>
                {name} <span class="dim">{kind}</span>
              </td>
              <td class={verdict === 'slower' ? 'worse' : verdict === 'faster' ? 'better' : 'dim'}>
                {VERDICTS[verdict]}
              </td>
              <td class="num" data-label="Calls">
                {change(count(a?.calls), count(b?.calls))}
              </td>
              <td class="num" data-label="Median">
                {change(duration(a?.p50Ns), duration(b?.p50Ns))}
              </td>
              <td class="num" data-label="p95">
                {change(duration(a?.p95Ns), duration(b?.p95Ns))}
              </td>
              <td class="num" data-label="p-value">
                {pValue === null ? '' : pValue < 0.001 ? '< 0.001' : pValue.toFixed(3)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < operations.length && (
        <button type="button" onClick={() => (all.value = true)}>
          All {count(operations.length)}
        </button>
      )}
    </div>
  )
}

const change = (before: string, after: string): string => (before === after ? before : `${before} → ${after}`)
