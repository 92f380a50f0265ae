/** Lines over time: a crosshair that tells values, clicks and Enter that pick a point, a drag that picks a time. */
import { type Signal, signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { inUnit } from '../lib/format.ts'
import { Canvas } from '../parts/canvas.tsx'
import { drawPlot, type Frame, type PlotDot, type PlotLine } from './draw-plot.ts'
import { clock } from './scales.ts'

/** Where the crosshair stands: index into the times, and for each line the index of its nearest value. */
export interface PlotCursor {
  readonly index: number
  readonly ofLines: readonly (number | null)[]
}

interface Props {
  readonly timesUs: readonly number[]
  readonly lines: readonly PlotLine[]
  readonly unit: string
  readonly height: number
  readonly label: string
  readonly dots?: readonly PlotDot[]
  /** Charts of equal key share the crosshair. */
  readonly syncKey?: string
  readonly onCursor?: (cursor: PlotCursor | null) => void
  readonly onPick?: (line: number, index: number) => void
  readonly onPickDot?: (dot: number) => void
  readonly onRange?: (fromUs: number, toUs: number) => void
}

const NEAR_PIXELS = 8
/** A click may tremble. */
const DRAG_PIXELS = 5
/** How far the crosshair looks for a value, in buckets. */
const REACH = 40

const shared = new Map<string, Signal<number | null>>()

export function Plot(props: Props) {
  const { timesUs, lines, unit, height, label, dots = [], syncKey, onPick, onPickDot, onRange, onCursor } = props
  const root = useRef<HTMLDivElement>(null)
  const frame = useRef<Frame>(null)
  const own = useSignal<number | null>(null)
  const cursorUs = syncKey === undefined ? own : sharedCursor(syncKey)
  const drag = useSignal<readonly [from: number, to: number] | null>(null)
  const chosen = useRef(0)
  const said = useSignal('')

  const index = cursorUs.value === null ? null : nearestTime(timesUs, cursorUs.value)
  const ofLines = index === null ? null : lines.map(({ values }) => nearestValue(values, index))
  useEffect(() => {
    onCursor?.(index === null ? null : { index, ofLines: ofLines! })
  }, [index, timesUs, lines])

  const placeOf = (event: MouseEvent): { x: number; y: number } => {
    const box = root.current!.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const isDrag = (): boolean =>
    drag.value !== null && Math.abs(frame.current!.x(drag.value[1]) - frame.current!.x(drag.value[0])) > DRAG_PIXELS
  const hover = (event: PointerEvent): void => {
    const { x } = placeOf(event)
    const { left, right, timeAt } = frame.current!
    const us = timeAt(Math.min(Math.max(x, left), right))
    if (drag.value) drag.value = [drag.value[0], us]
    const at = x < left - NEAR_PIXELS ? null : nearestTime(timesUs, us)
    cursorUs.value = at === null ? null : (timesUs[at] ?? null)
  }
  const release = (event: PointerEvent): void => {
    if (isDrag()) {
      const [from, to] = drag.value!.toSorted((a, b) => a - b) as [number, number]
      onRange?.(Math.floor(from), Math.ceil(to))
    } else if (drag.value) pick(placeOf(event))
    drag.value = null
  }
  const pick = ({ x, y }: { readonly x: number; readonly y: number }): void => {
    const at = frame.current!
    const distance = (us: number, value: number): number => Math.hypot(at.x(us) - x, at.y(value) - y)
    const dot = least(dots.map(({ timeUs, value }) => distance(timeUs, value)))
    if (onPickDot && dot && dot.value <= NEAR_PIXELS) {
      onPickDot(dot.index)
      return
    }
    const line = least(
      (ofLines ?? []).map((place, which) =>
        place === null ? Number.POSITIVE_INFINITY : distance(timesUs[place]!, lines[which]!.values[place]!),
      ),
    )
    if (line) onPick?.(line.index, ofLines![line.index]!)
  }
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 0, ArrowDown: 0 }[event.key]
    if (lines.length === 0) return
    if (event.key === 'Enter') {
      const place = ofLines?.[chosen.current] ?? null
      if (place !== null) onPick?.(chosen.current, place)
    } else if (step === undefined) return
    else {
      const turn = step === 0 ? (event.key === 'ArrowDown' ? 1 : lines.length - 1) : 0
      chosen.current = (Math.min(chosen.current, lines.length - 1) + turn) % lines.length
      const { values, label: name } = lines[chosen.current]!
      const place = step === 0 ? nearestValue(values, index ?? 0) : nextValue(values, index, step)
      if (place !== null) {
        cursorUs.value = timesUs[place]!
        said.value = `${clock(timesUs[place]!)} ${name}: ${inUnit(values[place]!, unit)}`
      }
    }
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="plot">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields */}
      <div
        ref={root}
        class={onPick || onRange ? 'plot-area pick' : 'plot-area'}
        role="group"
        aria-label={`${label}. Arrow keys move${onPick ? ', Enter shows spans' : ''}.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is moved through by arrow keys
        tabIndex={0}
        onKeyDown={move}
        onPointerDown={(event) => {
          if (event.button !== 0) return
          root.current!.setPointerCapture(event.pointerId)
          hover(event)
          const us = frame.current!.timeAt(placeOf(event).x)
          drag.value = [us, us]
        }}
        onPointerMove={hover}
        onPointerUp={release}
        onPointerCancel={() => (drag.value = null)}
        onPointerLeave={() => {
          if (!drag.value) cursorUs.value = null
        }}
      >
        <Canvas
          height={height}
          draw={(context, width) => {
            const state = { cursorUs: cursorUs.value, marks: ofLines, dragUs: onRange && isDrag() ? drag.value : null }
            frame.current = drawPlot(context, width, height, { timesUs, lines, dots, unit }, state)
          }}
          outer={{ 'aria-hidden': true }}
        />
      </div>
      <p class="visually-hidden" aria-live="polite">
        {said.value}
      </p>
    </div>
  )
}

function sharedCursor(key: string): Signal<number | null> {
  const known = shared.get(key) ?? signal<number | null>(null)
  shared.set(key, known)
  return known
}

function nearestTime(timesUs: readonly number[], us: number): number | null {
  return least(timesUs.map((time) => Math.abs(time - us)))?.index ?? null
}

/** The value that is nearest to a place, for series with gaps. */
function nearestValue(values: readonly (number | null)[], index: number): number | null {
  for (let away = 0; away <= REACH; away++)
    for (const at of [index - away, index + away]) if (typeof values[at] === 'number') return at
  return null
}

function nextValue(values: readonly (number | null)[], index: number | null, step: number): number | null {
  const start = index ?? (step > 0 ? -1 : values.length)
  for (let at = start + step; at >= 0 && at < values.length; at += step) if (values[at] !== null) return at
  return nearestValue(values, Math.max(start, 0))
}

function least(values: readonly number[]): { index: number; value: number } | null {
  let best: { index: number; value: number } | null = null
  for (const [index, value] of values.entries())
    if (Number.isFinite(value) && (best === null || value < best.value)) best = { index, value }
  return best
}
