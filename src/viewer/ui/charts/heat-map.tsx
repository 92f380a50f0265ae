/** A heat map on a canvas: time to the right, values upwards, the darker the more. A click or Enter picks a cell. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { count, inUnit } from '../lib/format.ts'
import { tokenColor } from '../lib/theme.ts'
import { Canvas } from '../parts/canvas.tsx'
import { clock } from './scales.ts'

export interface HeatCell {
  readonly fromUs: number
  readonly toUs: number
  /** Null where the bucket has no bound. */
  readonly min: number | null
  readonly max: number | null
  readonly count: number
}

interface Props {
  readonly timesUs: readonly number[]
  readonly stepUs: number
  /** How wide a lone column is. */
  readonly intervalUs: number | null
  readonly bounds: readonly number[]
  readonly counts: readonly (readonly number[])[]
  readonly unit: string
  readonly height: number
  readonly label: string
  readonly onPick: (cell: HeatCell) => void
}

const LEFT = 70
const BOTTOM = 20

export function HeatMap(props: Props) {
  const { timesUs, counts, unit, height, label, onPick } = props
  const at = useSignal<{ column: number; row: number } | null>(null)
  const root = useRef<HTMLDivElement>(null)
  const grid = gridOf(props)
  const { low, rows, columns } = grid
  if (columns.length === 0) return null
  const cell = at.value === null ? null : cellAt(props, grid, at.value.column, at.value.row)

  const point = (event: MouseEvent): void => {
    const box = root.current!.getBoundingClientRect()
    const x = (event.clientX - box.left - LEFT) / (box.width - LEFT)
    const y = 1 - (event.clientY - box.top) / (height - BOTTOM)
    const time = Math.floor(x * timesUs.length)
    const column = columns.find((one) => time <= one.last && time >= one.first)
    at.value = column && y >= 0 && y < 1 ? { column: columns.indexOf(column), row: low + Math.floor(y * rows) } : null
  }
  const move = (event: KeyboardEvent): void => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? []
    if (event.key === 'Enter' && cell) onPick(cell)
    else if (dx === undefined || dy === undefined) return
    else {
      const now = at.value ?? { column: columns.length - 1 - dx, row: low + Math.floor(rows / 2) - dy }
      at.value = {
        column: Math.max(0, Math.min(columns.length - 1, now.column + dx)),
        row: Math.max(low, Math.min(low + rows - 1, now.row + dy)),
      }
    }
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="heat-map">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields */}
      <div
        ref={root}
        role="group"
        aria-label={`${label}. Arrow keys move, Enter shows spans.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the map is moved through by arrow keys
        tabIndex={0}
        onKeyDown={move}
        onPointerMove={point}
        onPointerLeave={() => (at.value = null)}
        onClick={() => cell && onPick(cell)}
      >
        <Canvas
          height={height}
          draw={(context, width) => draw(context, width, props, grid, at.value)}
          outer={{ 'aria-hidden': true }}
        />
      </div>
      <p class="heat-tip" aria-live="polite">
        {cell === null
          ? `${count(counts.flat().reduce((sum, one) => sum + one, 0))} values`
          : `${clock(cell.fromUs)} – ${clock(cell.toUs)}, ${rangeText(cell, unit)}: ${count(cell.count)}`}
      </p>
    </div>
  )
}

export function rangeText(
  { min, max }: { readonly min: number | null; readonly max: number | null },
  unit: string,
): string {
  if (min === null && max === null) return 'any value'
  if (min === null) return `up to ${inUnit(max, unit)}`
  return max === null ? `above ${inUnit(min, unit)}` : `${inUnit(min, unit)} – ${inUnit(max, unit)}`
}

interface Grid {
  /** Rows from `low` on hold all values. */
  readonly low: number
  readonly rows: number
  readonly most: number
  /** A point stands for the time since the one before it. */
  readonly columns: readonly { readonly first: number; readonly last: number }[]
}

function gridOf({ counts, bounds, stepUs, intervalUs }: Props): Grid {
  let low = bounds.length
  let high = 0
  let most = 0
  const filled: number[] = []
  for (const [time, column] of counts.entries()) {
    let sum = 0
    for (const [row, value] of column.entries()) {
      if (value <= 0) continue
      sum += value
      low = Math.min(low, row)
      high = Math.max(high, row)
      most = Math.max(most, value)
    }
    if (sum > 0) filled.push(time)
  }
  const gaps = filled.slice(1).map((time, index) => time - filled[index]!)
  const usual =
    gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? Math.max(1, Math.round((intervalUs ?? 0) / stepUs))
  const columns = filled.map((last, index) => ({
    first: Math.max((filled[index - 1] ?? -1) + 1, last - usual + 1),
    last,
  }))
  low = Math.max(0, low - 1)
  return { low, rows: Math.min(bounds.length, high + 1) - low + 1, most, columns }
}

function cellAt(
  { timesUs, stepUs, bounds, counts }: Props,
  { columns }: Grid,
  at: number,
  row: number,
): HeatCell | null {
  const column = columns[at]
  if (!column) return null
  return {
    fromUs: timesUs[column.first]!,
    toUs: timesUs[column.last]! + stepUs,
    min: bounds[row - 1] ?? null,
    max: bounds[row] ?? null,
    count: counts[column.last]?.[row] ?? 0,
  }
}

function draw(
  context: CanvasRenderingContext2D,
  width: number,
  { timesUs, counts, bounds, unit, height }: Props,
  { low, rows, most, columns }: Grid,
  at: { readonly column: number; readonly row: number } | null,
): void {
  const cellWidth = (width - LEFT) / timesUs.length
  const cellHeight = (height - BOTTOM) / rows
  const top = (row: number): number => height - BOTTOM - (row - low + 1) * cellHeight
  context.clearRect(0, 0, width, height)
  context.fillStyle = tokenColor('--accent')
  for (const { first, last } of columns)
    for (let row = low; row < low + rows; row++) {
      const value = counts[last]![row]!
      if (value <= 0) continue
      context.globalAlpha = 0.12 + 0.88 * Math.sqrt(value / most)
      context.fillRect(
        LEFT + first * cellWidth,
        top(row),
        Math.max((last - first + 1) * cellWidth - 0.6, 0.8),
        Math.max(cellHeight - 0.6, 0.8),
      )
    }
  context.globalAlpha = 1
  if (at && columns[at.column]) {
    const { first, last } = columns[at.column]!
    context.strokeStyle = tokenColor('--text')
    context.strokeRect(LEFT + first * cellWidth, top(at.row), (last - first + 1) * cellWidth, cellHeight)
  }
  context.fillStyle = tokenColor('--dim')
  context.font = '11px system-ui, sans-serif'
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  const every = Math.ceil(16 / cellHeight)
  for (let row = low; row < low + rows - 1; row += every)
    if (bounds[row] !== undefined && top(row) > 6) context.fillText(inUnit(bounds[row]!, unit), LEFT - 6, top(row))
  context.textBaseline = 'bottom'
  const labels = Math.max(2, Math.floor((width - LEFT) / 120))
  for (let index = 0; index < labels; index++) {
    const time = Math.floor((index * (timesUs.length - 1)) / (labels - 1))
    context.textAlign = index === 0 ? 'left' : index === labels - 1 ? 'right' : 'center'
    context.fillText(clock(timesUs[time]!), LEFT + (time + 0.5) * cellWidth, height - 2)
  }
}
