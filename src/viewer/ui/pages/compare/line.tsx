/** One operation of two traces: both bars over one time axis, and what has changed. */
// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the page binds the keys
import type { ComparedRow, ComparedSide } from '../../../api.ts'
import { SYSTEM_MARK, serviceClass } from '../../lib/colors.ts'
import { duration } from '../../lib/format.ts'
import { href, Link } from '../../lib/location.tsx'
import { ratioOf, signed } from './change.ts'

const MAX_INDENT = 28

interface Props {
  readonly row: ComparedRow
  readonly index: number
  readonly wholeNs: number
  readonly isActive: boolean
  readonly traces: readonly [a: string, b: string]
  readonly onChoose: () => void
}

export function ComparedLine({ row, index, wholeNs, isActive, traces, onChoose }: Props) {
  const { a, b, depth, service, name, system } = row
  const missing = a === null ? ' only-b' : b === null ? ' only-a' : ''
  return (
    <div
      id={`compared-${index}`}
      role="row"
      class={`compare-line ${serviceClass(service)}${isActive ? ' selected' : ''}${missing}`}
      aria-level={depth + 1}
      aria-rowindex={index + 1}
      aria-selected={isActive}
      onClick={onChoose}
    >
      <div role="gridcell" class="what" style={{ paddingLeft: `${Math.min(depth, MAX_INDENT) * 12}px` }}>
        <i class="service-mark" title={service} />
        {SYSTEM_MARK[system] !== '' && <span class="system">{SYSTEM_MARK[system]}</span>}
        <span class="ellipsis service-name">
          <span class="dim">{service}</span> <span>{name}</span>
        </span>
        <Count a={a} b={b} />
      </div>
      <div role="gridcell" class="when">
        {a && <Bar name="a" side={a} wholeNs={wholeNs} />}
        {b && <Bar name="b" side={b} wholeNs={wholeNs} />}
      </div>
      <Duration side={a} traceId={traces[0]} label="A" />
      <Duration side={b} traceId={traces[1]} label="B" />
      <div role="gridcell" class="num">
        <Change a={a} b={b} />
      </div>
    </div>
  )
}

function Count({ a, b }: Pick<ComparedRow, 'a' | 'b'>) {
  const [before, after] = [a?.count ?? 0, b?.count ?? 0]
  if (before === after && before <= 1) return null
  if (a === null || b === null) return before + after > 1 ? <span class="pill">×{before + after}</span> : null
  return (
    <span class={before === after ? 'pill' : 'pill warn'}>
      {before === after ? `×${before}` : `×${before} → ×${after}`}
    </span>
  )
}

function Bar({
  name,
  side,
  wholeNs,
}: {
  readonly name: 'a' | 'b'
  readonly side: ComparedSide
  readonly wholeNs: number
}) {
  const percent = (ns: number) => `${(ns / wholeNs) * 100}%`
  return (
    <i
      class={`compare-bar side-${name}${side.errors > 0 ? ' failed' : ''}`}
      style={{ left: percent(side.offsetNs), width: percent(side.durationNs) }}
    />
  )
}

function Duration({
  side,
  traceId,
  label,
}: {
  readonly side: ComparedSide | null
  readonly traceId: string
  readonly label: string
}) {
  return (
    <div role="gridcell" class={side && side.errors > 0 ? 'num error' : 'num'}>
      {side === null ? (
        <span class="dim">–</span>
      ) : (
        <Link
          to={href(`/traces/${traceId}`, { span_id: side.spanId })}
          tabIndex={-1}
          aria-label={`${duration(side.durationNs)}, open in trace ${label}`}
        >
          {side.errors > 0 && '! '}
          {duration(side.durationNs)}
        </Link>
      )}
    </div>
  )
}

function Change({ a, b }: Pick<ComparedRow, 'a' | 'b'>) {
  if (a === null) return <span class="pill">only B</span>
  if (b === null) return <span class="pill">only A</span>
  const change = b.durationNs - a.durationNs
  if (change === 0) return <span class="dim">=</span>
  const isNotable = Math.abs(change) > 0.1 * a.durationNs
  return (
    <span class={isNotable ? (change > 0 ? 'error' : 'better') : 'dim'}>
      {signed(change, duration)} {ratioOf(a.durationNs, b.durationNs)}
    </span>
  )
}
