/** The bar above the records while those of one trace stand out. */
import type { LogRow } from '../../../api.ts'
import { plural } from '../../lib/format.ts'
import { href, Link, param, setParams } from '../../lib/location.tsx'

interface TraceBarProps {
  readonly trace: string
  readonly rows: readonly LogRow[]
  readonly onMove: (step: 1 | -1) => void
}

export function TraceBar({ trace, rows, onMove }: TraceBarProps) {
  const isOnly = param('only') !== ''
  const matches = rows.filter(({ traceId }) => traceId === trace).length
  return (
    <p class="trace-bar">
      <span>
        Trace <Link to={href(`/traces/${trace}`)}>{trace.slice(0, 16)}…</Link>: {plural(matches, 'record')}{' '}
        {isOnly ? 'and no others' : 'among those shown'}
      </span>
      {!isOnly && (
        <>
          <button type="button" onClick={() => onMove(-1)} disabled={matches === 0}>
            ↑ previous
          </button>
          <button type="button" onClick={() => onMove(1)} disabled={matches === 0}>
            ↓ next
          </button>
        </>
      )}
      <button type="button" aria-pressed={isOnly} onClick={() => setParams({ only: isOnly ? null : 1 })}>
        Only this trace
      </button>
      <button type="button" onClick={() => setParams({ trace: null, only: null })}>
        Clear
      </button>
    </p>
  )
}
