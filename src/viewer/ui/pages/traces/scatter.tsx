/** Traces as points: time against duration. A drag selects a window and a range of durations, a click opens a trace. */
import { useSignal } from '@preact/signals'
import { useCallback, useMemo } from 'preact/hooks'
import type { Scatter } from '../../../api.ts'
import { urlOf, useQuery } from '../../lib/api.ts'
import { digits, duration, plural, time } from '../../lib/format.ts'
import { href, navigate, param, setParams } from '../../lib/location.tsx'
import { withoutField } from '../../lib/query-text.ts'
import { tokenColor } from '../../lib/theme.ts'
import { Canvas, type Draw } from '../../parts/canvas.tsx'
import { listParams } from './use-trace-list.ts'

const HEIGHT = 130
const NARROW = 440
const MARGIN = { left: 56, right: 12, top: 8, bottom: 18 }
const NEAR_PIXELS = 9

interface Scale {
  readonly fromUs: number
  readonly toUs: number
  /** Powers of ten. */
  readonly low: number
  readonly high: number
}
interface Corner {
  readonly x: number
  readonly y: number
}

export function ScatterChart() {
  const { data } = useQuery<Scatter>(() => urlOf('traceScatter', listParams()))
  const scale = useMemo(() => (data ? scaleOf(data) : undefined), [data])
  const drag = useSignal<{ readonly from: Corner; readonly to: Corner } | null>(null)
  const hover = useSignal<{ readonly index: number; readonly x: number; readonly y: number } | null>(null)
  const draw = useCallback<Draw>(
    (context, width, height) => {
      if (data === undefined || scale === undefined) return
      drawAxes(context, width, height, scale)
      for (const isError of [0, 1]) {
        context.fillStyle = tokenColor(isError ? '--error' : '--accent')
        context.globalAlpha = isError ? 0.9 : 0.55
        data.traceIds.forEach((_, index) => {
          if (data.errors[index] !== isError) return
          const { x, y } = pointOf(data, index, scale, width, height)
          context.beginPath()
          if (isError) context.rect(x - 2.5, y - 2.5, 5, 5)
          else context.arc(x, y, 2.5, 0, 7)
          context.fill()
        })
      }
      context.globalAlpha = 1
    },
    [data, scale],
  )
  if (data === undefined || scale === undefined || data.traceIds.length === 0) return null
  const at = (event: PointerEvent & { currentTarget: HTMLElement }): Corner & { readonly width: number } => {
    const { left, top, width } = event.currentTarget.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top, width }
  }
  const nearest = (corner: Corner, width: number): number => {
    let best = -1
    let bestDistance = NEAR_PIXELS
    data.traceIds.forEach((_, index) => {
      const { x, y } = pointOf(data, index, scale, width, HEIGHT)
      const distance = Math.hypot(x - corner.x, y - corner.y)
      if (distance < bestDistance) [best, bestDistance] = [index, distance]
    })
    return best
  }
  const failed = data.errors.filter((error) => error === 1).length
  return (
    <div
      class="scatter"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        const corner = at(event)
        drag.value = { from: corner, to: corner }
      }}
      onPointerMove={(event) => {
        const { width, ...corner } = at(event)
        if (drag.value) drag.value = { ...drag.value, to: corner }
        const index = nearest(corner, width)
        hover.value = index < 0 ? null : { index, x: event.clientX, y: event.clientY }
      }}
      onPointerUp={(event) => {
        const ended = drag.value
        const { width, ...corner } = at(event)
        drag.value = null
        if (ended === null) return
        if (Math.hypot(ended.from.x - corner.x, ended.from.y - corner.y) > 6) select(ended.from, corner, scale, width)
        else {
          const index = nearest(corner, width)
          if (index >= 0) navigate(href(`/traces/${data.traceIds[index]}`))
        }
      }}
      onPointerCancel={() => (drag.value = null)}
      onPointerLeave={() => (hover.value = null)}
    >
      <Canvas
        draw={draw}
        height={HEIGHT}
        outer={{
          role: 'img',
          'aria-label': `${plural(data.traceIds.length, 'trace')} by time and duration, ${failed} with errors`,
        }}
      />
      {drag.value && <Brush from={drag.value.from} to={drag.value.to} />}
      {hover.value && !drag.value && (
        <div class="tooltip" style={{ left: `${hover.value.x + 12}px`, top: `${hover.value.y + 14}px` }}>
          {data.labels[hover.value.index]}
          <br />
          {time(data.startUs[hover.value.index]!)} · {duration(data.durationNs[hover.value.index])}
          {data.errors[hover.value.index] === 1 && <span class="error"> · error</span>}
        </div>
      )}
      {data.more && <span class="scatter-more dim">newest {plural(data.traceIds.length, 'trace')}</span>}
    </div>
  )
}

function Brush({ from, to }: { readonly from: Corner; readonly to: Corner }) {
  const style = {
    left: `${Math.min(from.x, to.x)}px`,
    top: `${Math.min(from.y, to.y)}px`,
    width: `${Math.abs(from.x - to.x)}px`,
    height: `${Math.abs(from.y - to.y)}px`,
  }
  return <div class="brush" style={style} />
}

function scaleOf({ startUs, durationNs }: Scatter): Scale {
  const fromUs = Math.min(...startUs)
  const toUs = Math.max(...startUs)
  const pad = Math.max(1000, (toUs - fromUs) * 0.01)
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...durationNs))))
  const high = Math.ceil(Math.log10(Math.max(10, ...durationNs)))
  return { fromUs: fromUs - pad, toUs: toUs + pad, low, high: Math.max(high, low + 1) }
}

function pointOf(data: Scatter, index: number, scale: Scale, width: number, height: number): Corner {
  const across = (data.startUs[index]! - scale.fromUs) / (scale.toUs - scale.fromUs)
  const up = (Math.log10(Math.max(1, data.durationNs[index]!)) - scale.low) / (scale.high - scale.low)
  return {
    x: MARGIN.left + across * (width - MARGIN.left - MARGIN.right),
    y: height - MARGIN.bottom - up * (height - MARGIN.top - MARGIN.bottom),
  }
}

function drawAxes(context: CanvasRenderingContext2D, width: number, height: number, scale: Scale): void {
  context.font = '11px system-ui, sans-serif'
  context.fillStyle = tokenColor('--dim')
  context.strokeStyle = tokenColor('--line')
  context.lineWidth = 0.5
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  const inner = height - MARGIN.top - MARGIN.bottom
  const every = Math.max(1, Math.ceil((scale.high - scale.low) / 5))
  for (let power = scale.low; power <= scale.high; power += every) {
    const y = height - MARGIN.bottom - ((power - scale.low) / (scale.high - scale.low)) * inner
    context.fillText(duration(10 ** power), MARGIN.left - 6, y)
    context.beginPath()
    context.moveTo(MARGIN.left, y)
    context.lineTo(width - MARGIN.right, y)
    context.stroke()
  }
  context.textBaseline = 'bottom'
  context.textAlign = 'left'
  context.fillText(clock(scale.fromUs), MARGIN.left, height - 1)
  context.textAlign = 'center'
  // three dates of a trace that is years old are wider than a small screen
  if (width > NARROW)
    context.fillText(clock((scale.fromUs + scale.toUs) / 2), (MARGIN.left + width - MARGIN.right) / 2, height - 1)
  context.textAlign = 'right'
  context.fillText(clock(scale.toUs), width - MARGIN.right, height - 1)
}

const clock = (us: number): string => time(us).replace(/\.\d+$/, '')

/** A wide drag sets the window, a high one the range of durations, a box both. */
function select(from: Corner, to: Corner, scale: Scale, width: number): void {
  const usOf = (x: number) =>
    Math.round(scale.fromUs + ((x - MARGIN.left) / (width - MARGIN.left - MARGIN.right)) * (scale.toUs - scale.fromUs))
  const nsOf = (y: number) =>
    10 **
    (scale.low + ((HEIGHT - MARGIN.bottom - y) / (HEIGHT - MARGIN.top - MARGIN.bottom)) * (scale.high - scale.low))
  const isWide = Math.abs(from.x - to.x) > 6
  const isHigh = Math.abs(from.y - to.y) > 24
  const rest = withoutField(param('q'), 'trace.duration')
  const least = nsOf(Math.max(from.y, to.y))
  const most = nsOf(Math.min(from.y, to.y))
  const range = `trace.duration>=${inQuery(least)} trace.duration<=${inQuery(most)}`
  setParams({
    ...(isWide && { last: null, from: usOf(Math.min(from.x, to.x)), to: usOf(Math.max(from.x, to.x)) }),
    ...(isHigh && { q: `${rest} ${range}`.trim() }),
  })
}

const inQuery = (ns: number): string =>
  ns >= 1e6 ? `${digits(ns / 1e6)}ms` : ns >= 1e3 ? `${digits(ns / 1e3)}us` : `${Math.round(ns)}ns`
