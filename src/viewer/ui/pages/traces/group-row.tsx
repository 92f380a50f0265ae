/** Equal traces that follow each other, as one row of the list. */
// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the page binds the keys
import { serviceClass } from '../../lib/colors.ts'
import { count, duration, time } from '../../lib/format.ts'
import type { GroupRow } from './rows.ts'
import { HttpStatus, startedText } from './trace-row.tsx'

interface Props {
  readonly row: GroupRow
  readonly index: number
  readonly longestNs: number
  readonly isActive: boolean
  readonly onToggle: () => void
}

export function TraceGroupRow({ row: { traces, isOpen }, index, longestNs, isActive, onToggle }: Props) {
  const [first, last] = [traces[0]!, traces.at(-1)!]
  const durations = traces.map(({ durationNs }) => durationNs).sort((one, other) => one - other)
  const [least, median, most] = [durations[0]!, durations[durations.length >> 1]!, durations.at(-1)!]
  const place = (ns: number): number => Math.sqrt(ns / longestNs) * 100
  const sum = (of: 'spans' | 'logs'): number => traces.reduce((total, trace) => total + trace[of], 0)
  return (
    <div
      id={`trace-${index}`}
      role="row"
      class={`trace-row group ${serviceClass(first.service)}${isActive ? ' selected' : ''}`}
      aria-rowindex={index + 1}
      aria-selected={isActive}
      aria-expanded={isOpen}
      onClick={onToggle}
    >
      <div role="gridcell" class="fold">
        {isOpen ? '▾' : '▸'}
      </div>
      <div role="gridcell" class="started dim" title={`${time(last.startUs)} – ${time(first.startUs)}`}>
        {startedText(first.startUs)}
      </div>
      <div role="gridcell" class="root">
        <span class="dot" />
        <span class="ellipsis service-name">
          <span class="dim">{first.service}</span> <span>{first.name}</span>
        </span>
        <HttpStatus status={first.httpStatus} />
        <span class="pill times">×{count(traces.length)}</span>
      </div>
      <div role="gridcell" class="mix" />
      <div
        role="gridcell"
        class="length"
        title={`${duration(least)} – ${duration(most)}, half of them within ${duration(median)}`}
      >
        <span class="duration-bar">
          <i class="value" style={{ width: `${Math.max(1, place(median))}%` }} />
          <i class="range" style={{ left: `${place(least)}%`, width: `${place(most) - place(least)}%` }} />
        </span>
        <span class="num">~{duration(median)}</span>
      </div>
      <div role="gridcell" class="num spans" title="Spans of all of them">
        {count(sum('spans'))}
      </div>
      <div role="gridcell" class="num log-count dim" title="Logs of all of them">
        {count(sum('logs'))}
      </div>
      <div role="gridcell" class="num dim">
        0
      </div>
      <div role="gridcell" />
    </div>
  )
}
