/** The numbers of both traces side by side. */
import type { TraceSummary } from '../../../api.ts'
import { count, duration } from '../../lib/format.ts'
import { ratioOf, signed } from './change.ts'

const TOTALS = [
  { label: 'Duration', of: (trace: TraceSummary) => trace.durationNs, show: duration },
  { label: 'Spans', of: (trace: TraceSummary) => trace.spans, show: count },
  { label: 'Errors', of: (trace: TraceSummary) => trace.errors, show: count },
  { label: 'Logs', of: (trace: TraceSummary) => trace.logs, show: count },
] as const

export function Totals({ a, b }: { readonly a: TraceSummary; readonly b: TraceSummary }) {
  return (
    <table class="compare-totals">
      <thead>
        <tr>
          <td />
          <th scope="col" class="num">
            A
          </th>
          <th scope="col" class="num">
            B
          </th>
          <th scope="col" class="num">
            Change
          </th>
        </tr>
      </thead>
      <tbody>
        {TOTALS.map(({ label, of, show }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td class="num">{show(of(a))}</td>
            <td class="num">{show(of(b))}</td>
            <td class={`num ${of(b) > of(a) ? 'error' : of(b) < of(a) ? 'better' : 'dim'}`}>
              {of(a) === of(b) ? '=' : `${signed(of(b) - of(a), show)} ${ratioOf(of(a), of(b))}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
