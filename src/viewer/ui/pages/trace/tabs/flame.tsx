/** The trace as a flame graph over time: spans under their parents, calls beside each other on rows of their own. */
import { useSignal } from '@preact/signals'
import { useCallback, useMemo } from 'preact/hooks'
import type { SpanRow, TraceDetail } from '../../../../api.ts'
import { duration } from '../../../lib/format.ts'
import { serviceColor, tokenColor } from '../../../lib/theme.ts'
import { Canvas, type Draw } from '../../../parts/canvas.tsx'
import { lengthOf, placeOf, stretchOf } from '../geometry.ts'
import type { TraceState } from '../state.ts'

const ROW = 18
/** Browsers limit the height of a canvas. */
const MAX_ROWS = 800

export function FlameTab({ state }: { readonly state: TraceState }) {
  const detail = state.detail.value
  const focus = state.focus.value
  const rows = useMemo(() => rowsOf(detail, focus), [detail, focus])
  const zoom = state.zoom.value
  const selected = state.selected.value?.index
  const matches = state.matches.value
  const hover = useSignal<{ readonly span: SpanRow; readonly x: number; readonly y: number } | null>(null)
  const draw = useCallback<Draw>(
    (context, width) => {
      context.font = '11px system-ui, sans-serif'
      context.textBaseline = 'middle'
      const ink = tokenColor('--bg')
      for (const [at, row] of rows.entries()) {
        for (const span of row) drawSpan(context, span, at, width)
      }
      function drawSpan(on: CanvasRenderingContext2D, span: SpanRow, at: number, whole: number): void {
        const left = Math.max(0, (placeOf(span.offsetNs, zoom) / 100) * whole)
        const right = Math.min(whole, (placeOf(stretchOf(span).toNs, zoom) / 100) * whole)
        if (right < 0 || left > whole) return
        const size = Math.max(1, right - left - 0.5)
        on.globalAlpha = matches !== null && !matches.has(span.index) ? 0.25 : 1
        on.fillStyle = span.error ? tokenColor('--error') : serviceColor(span.service)
        on.fillRect(left, at * ROW, size, ROW - 1)
        if (size > 34) {
          on.fillStyle = ink
          on.fillText(shorten(on, `${span.name} ${duration(span.durationNs)}`, size - 8), left + 4, at * ROW + ROW / 2)
        }
        if (span.index === selected) {
          on.strokeStyle = tokenColor('--text')
          on.lineWidth = 2
          on.strokeRect(left + 1, at * ROW + 1, Math.max(2, size - 2), ROW - 3)
        }
        on.globalAlpha = 1
      }
    },
    [rows, zoom, selected, matches],
  )
  const spanAt = (event: MouseEvent & { currentTarget: HTMLElement }): SpanRow | undefined => {
    const { left, top, width } = event.currentTarget.getBoundingClientRect()
    const ns = zoom.fromNs + ((event.clientX - left) / width) * lengthOf(zoom)
    const slack = (lengthOf(zoom) / width) * 2
    return rows[Math.floor((event.clientY - top) / ROW)]?.find(
      (span) => span.offsetNs - slack <= ns && ns <= stretchOf(span).toNs + slack,
    )
  }
  return (
    <div class="flame">
      <Canvas
        draw={draw}
        height={Math.max(1, rows.length) * ROW}
        outer={{
          role: 'img',
          'aria-label': 'Flame graph. The tab Waterfall has the same spans as a tree; j and k move through them.',
          onClick(event) {
            const span = spanAt(event)
            if (span === undefined) return
            state.reveal(span.index)
            state.panelOpen.value = true
          },
          onDblClick(event) {
            const span = spanAt(event)
            if (span) state.setZoom(stretchOf(span))
          },
          onPointerMove(event) {
            const span = spanAt(event)
            hover.value = span ? { span, x: event.clientX, y: event.clientY } : null
          },
          onPointerLeave: () => (hover.value = null),
        }}
      />
      {hover.value && (
        <div class="tooltip" style={{ left: `${hover.value.x + 12}px`, top: `${hover.value.y + 14}px` }}>
          <b>{hover.value.span.service}</b> {hover.value.span.name}
          <br />
          {duration(hover.value.span.durationNs)}, own {duration(hover.value.span.selfNs)}
        </div>
      )}
    </div>
  )
}

/** Puts each span on the first row below its parent that is free by then. */
function rowsOf({ spans }: TraceDetail, focus: SpanRow | undefined): SpanRow[][] {
  const rows: SpanRow[][] = []
  const ends: number[] = []
  const rowOf = new Int32Array(spans.length)
  const shown = focus === undefined ? spans : spans.slice(focus.index, focus.index + focus.descendants + 1)
  const byStart = shown.toSorted((one, other) => one.offsetNs - other.offsetNs || one.depth - other.depth)
  for (const span of byStart) {
    let row = span.parentIndex < 0 || span === focus ? 0 : rowOf[span.parentIndex]! + 1
    while (row < MAX_ROWS && (ends[row] ?? -Infinity) > span.offsetNs) row++
    rowOf[span.index] = row
    if (row >= MAX_ROWS) continue
    for (let at = rows.length; at <= row; at++) rows.push([])
    rows[row]!.push(span)
    ends[row] = stretchOf(span).toNs
  }
  return rows
}

function shorten(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text
  const share = Math.floor((text.length * width) / context.measureText(text).width) - 1
  return share < 3 ? '' : `${text.slice(0, share)}…`
}
