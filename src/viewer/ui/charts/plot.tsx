/** Lines over time (uPlot): a crosshair that tells values, clicks and Enter that pick a point, a drag that picks a time. */
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { inUnit } from '../lib/format.ts'
import { themeVersion, tokenColor } from '../lib/theme.ts'
import { useWidth } from './size.ts'

export interface PlotLine {
  readonly label: string
  readonly values: readonly (number | null)[]
  readonly color: string
  readonly dash?: readonly number[]
}
export interface PlotDot {
  readonly timeUs: number
  readonly value: number
}
/** Where the crosshair stands: index into the times, and for each line the index of its nearest value. */
export interface PlotCursor {
  readonly index: number
  readonly ofLines: readonly (number | null)[]
}

/** `timesUs`, `lines` and `dots` must stay the same arrays while they hold the same: each change draws anew. */
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
/** How far the crosshair looks for a value, in buckets. */
const REACH = 40

export function Plot(props: Props) {
  const { timesUs, lines, unit, height, label, syncKey, onPick } = props
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | null>(null)
  const latest = useRef(props)
  latest.current = props
  const chosen = useRef(0)
  const said = useSignal('')
  const width = useWidth(element)
  const theme = themeVersion.value
  const shape = JSON.stringify([lines.map((line) => [line.label, line.color, line.dash]), unit, height, syncKey, theme])

  useLayoutEffect(() => {
    if (width.value === 0) return
    plot.current = createPlot(element.current!, latest, width.value)
    return () => {
      plot.current?.destroy()
      plot.current = null
    }
  }, [shape, width.value > 0])
  useEffect(() => {
    plot.current?.setSize({ width: width.value, height })
  }, [width.value])
  useEffect(() => {
    plot.current?.setData(dataOf(latest.current))
  }, [timesUs, lines, props.dots])

  const move = (event: KeyboardEvent): void => {
    const u = plot.current
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 0, ArrowDown: 0 }[event.key]
    if (!u || lines.length === 0) return
    if (event.key === 'Enter') {
      const index = nearestValue(lines[chosen.current]?.values, u.cursor.idx ?? 0)
      if (index !== null) onPick?.(chosen.current, index)
    } else if (step === undefined) return
    else {
      if (step === 0)
        chosen.current = (chosen.current + (event.key === 'ArrowDown' ? 1 : lines.length - 1)) % lines.length
      chosen.current = Math.min(chosen.current, lines.length - 1)
      const { values, label: name } = lines[chosen.current]!
      const index = step === 0 ? nearestValue(values, u.cursor.idx ?? 0) : nextValue(values, u.cursor.idx ?? -1, step)
      if (index !== null) {
        const value = values[index]!
        u.setCursor({ left: u.valToPos(timesUs[index]! / 1e6, 'x'), top: u.valToPos(value, 'y') })
        said.value = `${clock(timesUs[index]!, true)} ${name}: ${inUnit(value, unit)}`
      }
    }
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="plot">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields */}
      <div
        ref={element}
        class={onPick ? 'plot-area pick' : 'plot-area'}
        role="group"
        aria-label={`${label}. Arrow keys move${onPick ? ', Enter shows spans' : ''}.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is moved through by arrow keys
        tabIndex={0}
        onKeyDown={move}
        style={{ height: `${height}px` }}
      />
      <p class="visually-hidden" aria-live="polite">
        {said.value}
      </p>
    </div>
  )
}

function createPlot(element: HTMLElement, latest: { readonly current: Props }, width: number): UPlot {
  const { lines, unit, height, syncKey } = latest.current
  const [dim, grid] = [tokenColor('--dim'), tokenColor('--line')]
  const axis = {
    stroke: dim,
    grid: { stroke: grid, width: 0.5 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  let downAt = 0
  return new UPlot(
    {
      width,
      height,
      legend: { show: false },
      padding: [8, 8, 0, 0],
      scales: { y: { range: (_, min, max) => [Math.min(0, min ?? 0), (max ?? 0) > 0 ? max * 1.06 : 1] } },
      axes: [
        {
          ...axis,
          size: 24,
          gap: 4,
          values: (_, splits, __, ___, step) => splits.map((at) => clock(at * 1e6, step < 60)),
        },
        {
          ...axis,
          size: (_, values) => 12 + Math.max(0, ...(values ?? []).map((text) => text.length)) * 6.2,
          gap: 4,
          space: height < 120 ? 24 : 36,
          values: (_, splits) => splits.map((value) => inUnit(value, unit)),
        },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: line.label,
          stroke: line.color,
          width: 1.5,
          ...(line.dash ? { dash: [...line.dash] } : {}),
          spanGaps: true,
          points: { show: line.values.filter((value) => value !== null).length < 40, size: 4, fill: line.color },
        })),
      ],
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        dataIdx: (u, line, index) =>
          line === 0 ? index : (nearestValue(u.data[line] as (number | null)[], index) ?? index),
        ...(syncKey === undefined ? {} : { sync: { key: syncKey } }),
      },
      hooks: {
        draw: [(u) => drawDots(u, latest.current.dots ?? [])],
        setCursor: [
          (u) => {
            const { idx, idxs } = u.cursor
            latest.current.onCursor?.(
              typeof idx === 'number' && (u.cursor.left ?? -1) >= 0
                ? { index: idx, ofLines: (idxs ?? []).slice(1).map((at) => at ?? null) }
                : null,
            )
          },
        ],
        setSelect: [
          (u) => {
            const { left, width: wide } = u.select
            if (wide > NEAR_PIXELS)
              latest.current.onRange?.(
                Math.floor(u.posToVal(left, 'x') * 1e6),
                Math.ceil(u.posToVal(left + wide, 'x') * 1e6),
              )
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          },
        ],
        ready: [
          (u) => {
            u.over.addEventListener('pointerdown', (event) => {
              downAt = event.clientX
            })
            u.over.addEventListener('click', (event) => {
              if (Math.abs(event.clientX - downAt) < 4) pick(u, latest.current)
            })
          },
        ],
      },
    },
    dataOf(latest.current),
    element,
  )
}

function pick(u: UPlot, { dots = [], lines, timesUs, onPick, onPickDot }: Props): void {
  const { left = -1, top = -1, idx } = u.cursor
  if (left < 0 || typeof idx !== 'number') return
  const distance = (timeUs: number, value: number): number =>
    Math.hypot(u.valToPos(timeUs / 1e6, 'x') - left, u.valToPos(value, 'y') - top)
  const dot = least(dots.map(({ timeUs, value }) => distance(timeUs, value)))
  if (dot !== null && distance(dots[dot]!.timeUs, dots[dot]!.value) <= NEAR_PIXELS && onPickDot) {
    onPickDot(dot)
    return
  }
  const places = lines.map(({ values }) => nearestValue(values, idx))
  const line = least(
    places.map((at, index) =>
      at === null ? Number.POSITIVE_INFINITY : distance(timesUs[at]!, lines[index]!.values[at]!),
    ),
  )
  if (line !== null && places[line] !== null) onPick?.(line, places[line]!)
}

/** Diamonds: they stay apart from the points of lines without colour. */
function drawDots(u: UPlot, dots: readonly PlotDot[]): void {
  const { ctx, bbox } = u
  const size = 4 * devicePixelRatio
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.setLineDash([])
  ctx.fillStyle = tokenColor('--bg')
  ctx.strokeStyle = tokenColor('--text')
  ctx.lineWidth = 1.2 * devicePixelRatio
  for (const { timeUs, value } of dots) {
    const [x, y] = [u.valToPos(timeUs / 1e6, 'x', true), u.valToPos(value, 'y', true)]
    ctx.beginPath()
    ctx.moveTo(x, y - size)
    ctx.lineTo(x + size, y)
    ctx.lineTo(x, y + size)
    ctx.lineTo(x - size, y)
    ctx.closePath()
    ctx.fill()
    ctx.stroke()
  }
  ctx.restore()
}

const dataOf = ({ timesUs, lines }: Props): UPlot.AlignedData => [
  timesUs.map((us) => us / 1e6),
  ...lines.map(({ values }) => values as (number | null)[]),
]

/** The value that is nearest to a place, for series with gaps. */
function nearestValue(values: readonly (number | null | undefined)[] | undefined, index: number): number | null {
  for (let away = 0; away <= REACH; away++)
    for (const at of [index - away, index + away]) if (typeof values?.[at] === 'number') return at
  return null
}

function nextValue(values: readonly (number | null)[], index: number, step: number): number | null {
  for (let at = index + step; at >= 0 && at < values.length; at += step) if (values[at] !== null) return at
  return nearestValue(values, Math.max(index, 0))
}

function least(values: readonly number[]): number | null {
  let best: number | null = null
  for (const [index, value] of values.entries())
    if (Number.isFinite(value) && (best === null || value < values[best]!)) best = index
  return best
}

/** `14:03`, or with seconds. */
export function clock(us: number, withSeconds: boolean): string {
  return new Date(us / 1000).toTimeString().slice(0, withSeconds ? 8 : 5)
}
