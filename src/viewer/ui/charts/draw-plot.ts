/** Draws lines over time on a canvas: axes, lines, dots, crosshair, and the stretch being dragged over. */
import { inUnit } from '../lib/format.ts'
import { tokenColor } from '../lib/theme.ts'
import { clock, timeTicks, valueTicks } from './scales.ts'

const BOTTOM = 20
const TOP = 8
const RIGHT = 8
const FONT = '11px system-ui, sans-serif'
/** Fewer values than this are also marked as points. */
const FEW = 40
/** In usual gaps. */
const LONG_GAP = 3

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

/** Where values and times lie on the canvas, in CSS pixels. */
export interface Frame {
  readonly left: number
  readonly right: number
  x(us: number): number
  y(value: number): number
  timeAt(x: number): number
}

export interface PlotData {
  readonly timesUs: readonly number[]
  readonly lines: readonly PlotLine[]
  readonly dots: readonly PlotDot[]
  readonly unit: string
}
export interface PlotState {
  /** Index into the values of each line at the crosshair; null without one. */
  readonly marks: readonly (number | null)[] | null
  readonly cursorUs: number | null
  readonly dragUs: readonly [from: number, to: number] | null
}

export function drawPlot(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  data: PlotData,
  state: PlotState,
): Frame {
  const { timesUs, lines, dots, unit } = data
  const [min, max] = rangeOf(data)
  const ticks = valueTicks(min, max, Math.max(2, (height - BOTTOM) / 40), unit)
  const texts = ticks.map((value) => inUnit(value, unit))
  context.font = FONT
  const left = 10 + Math.max(20, ...texts.map((text) => context.measureText(text).width))
  const [fromUs, toUs] = [timesUs[0] ?? 0, Math.max(timesUs.at(-1) ?? 1, (timesUs[0] ?? 0) + 1)]
  const right = width - RIGHT
  const frame: Frame = {
    left,
    right,
    x: (us) => left + ((us - fromUs) / (toUs - fromUs)) * (right - left),
    y: (value) => TOP + (1 - (value - min) / (max - min)) * (height - TOP - BOTTOM),
    timeAt: (x) => fromUs + ((x - left) / (right - left)) * (toUs - fromUs),
  }
  context.clearRect(0, 0, width, height)
  drawAxes(context, frame, { height, ticks, texts, fromUs, toUs })
  context.save()
  context.beginPath()
  context.rect(left, 0, right - left + 4, height - BOTTOM + 2)
  context.clip()
  if (state.dragUs) {
    const [from, to] = state.dragUs.map(frame.x) as [number, number]
    context.globalAlpha = 0.2
    context.fillStyle = tokenColor('--accent')
    context.fillRect(Math.min(from, to), TOP, Math.abs(to - from), height - TOP - BOTTOM)
    context.globalAlpha = 1
  }
  for (const line of lines) drawLine(context, frame, timesUs, line)
  drawDots(context, frame, dots)
  context.restore()
  if (state.cursorUs !== null) drawCrosshair(context, frame, height, data, state)
  return frame
}

/** From zero, so that heights can be compared; below it where values are. */
function rangeOf({ lines, dots }: PlotData): readonly [min: number, max: number] {
  let [min, max] = [0, 0]
  for (const value of [...lines.flatMap(({ values }) => values), ...dots.map((dot) => dot.value)]) {
    if (value === null) continue
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  return min === max ? [0, 1] : [min, max + (max - min) * 0.05]
}

interface Axes {
  readonly height: number
  readonly ticks: readonly number[]
  readonly texts: readonly string[]
  readonly fromUs: number
  readonly toUs: number
}

function drawAxes(context: CanvasRenderingContext2D, frame: Frame, { height, ticks, texts, fromUs, toUs }: Axes): void {
  const { left, right } = frame
  const times = timeTicks(fromUs, toUs, (right - left) / 84)
  context.strokeStyle = tokenColor('--line')
  context.fillStyle = tokenColor('--dim')
  context.lineWidth = 0.5
  context.beginPath()
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  for (const [index, value] of ticks.entries()) {
    const y = Math.round(frame.y(value)) + 0.5
    context.moveTo(left, y)
    context.lineTo(right, y)
    context.fillText(texts[index]!, left - 6, y)
  }
  context.textAlign = 'center'
  context.textBaseline = 'bottom'
  let lastEnd = 0
  for (const us of times.ticks) {
    const x = Math.round(frame.x(us)) + 0.5
    context.moveTo(x, TOP)
    context.lineTo(x, height - BOTTOM)
    const text = clock(us, times.stepUs)
    const half = context.measureText(text).width / 2
    const middle = Math.min(Math.max(x, left + half), right + RIGHT - half)
    if (middle - half < lastEnd) continue
    context.fillText(text, middle, height - 2)
    lastEnd = middle + half + 8
  }
  context.stroke()
}

/** Points of metrics are rarer than the buckets of the axis, so gaps are spanned; a far longer one is a time without data. */
function drawLine(
  context: CanvasRenderingContext2D,
  { x, y }: Frame,
  timesUs: readonly number[],
  { values, color, dash = [] }: PlotLine,
): void {
  const filled = values.flatMap((value, index) => (value === null ? [] : [index]))
  const gaps = filled.slice(1).map((index, at) => index - filled[at]!)
  const longest = LONG_GAP * (gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? 1)
  const places = filled.map((index) => [x(timesUs[index]!), y(values[index]!)] as const)
  context.strokeStyle = context.fillStyle = color
  context.lineWidth = 1.5
  context.lineJoin = 'round'
  context.setLineDash([...dash])
  context.beginPath()
  for (const [at, [left, top]] of places.entries())
    if (at > 0 && gaps[at - 1]! <= longest) context.lineTo(left, top)
    else context.moveTo(left, top)
  context.stroke()
  context.setLineDash([])
  if (places.length < FEW) for (const [left, top] of places) disc(context, left, top, places.length === 1 ? 3.5 : 2)
}

/** Diamonds: they stay apart from the points of lines without colour. */
function drawDots(context: CanvasRenderingContext2D, { x, y }: Frame, dots: readonly PlotDot[]): void {
  const size = 4
  context.fillStyle = tokenColor('--bg')
  context.strokeStyle = tokenColor('--text')
  context.lineWidth = 1.2
  for (const { timeUs, value } of dots) {
    const [left, top] = [x(timeUs), y(value)]
    context.beginPath()
    context.moveTo(left, top - size)
    context.lineTo(left + size, top)
    context.lineTo(left, top + size)
    context.lineTo(left - size, top)
    context.closePath()
    context.fill()
    context.stroke()
  }
}

function drawCrosshair(
  context: CanvasRenderingContext2D,
  { x, y, left, right }: Frame,
  height: number,
  { timesUs, lines }: PlotData,
  { cursorUs, marks }: PlotState,
): void {
  const at = Math.round(x(cursorUs!)) + 0.5
  if (at < left || at > right + 1) return
  context.strokeStyle = tokenColor('--dim')
  context.lineWidth = 1
  context.setLineDash([3, 3])
  context.beginPath()
  context.moveTo(at, TOP)
  context.lineTo(at, height - BOTTOM)
  context.stroke()
  context.setLineDash([])
  for (const [index, { values, color }] of lines.entries()) {
    const place = marks?.[index]
    if (place === null || place === undefined) continue
    context.fillStyle = color
    disc(context, x(timesUs[place]!), y(values[place]!), 3.5)
  }
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
}
