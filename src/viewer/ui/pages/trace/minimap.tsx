/** The whole trace in small: drag to zoom, double click to see all of it again. */
import { useSignal } from '@preact/signals'
import { useCallback } from 'preact/hooks'
import { duration } from '../../lib/format.ts'
import { serviceColor, tokenColor } from '../../lib/theme.ts'
import { Canvas, type Draw } from '../../parts/canvas.tsx'
import { boxOf, type Stretch } from './geometry.ts'
import type { TraceState } from './state.ts'

const HEIGHT = 44

export function Minimap({ state }: { readonly state: TraceState }) {
  const detail = state.detail.value
  const whole = { fromNs: 0, toNs: Math.max(1, detail.durationNs) }
  const drag = useSignal<Stretch | null>(null)
  const draw = useCallback<Draw>(
    (context, width, height) => {
      const rows = Math.max(8, detail.spans.length)
      const thickness = Math.max(1, Math.min(5, (height / rows) * 0.8))
      for (const span of detail.spans) {
        const x = (span.offsetNs / whole.toNs) * width
        context.fillStyle = span.error ? tokenColor('--error') : serviceColor(span.service)
        context.fillRect(
          x,
          (span.index / rows) * (height - thickness),
          Math.max(1, (span.durationNs / whole.toNs) * width),
          thickness,
        )
      }
    },
    [detail],
  )
  const at = (event: PointerEvent & { currentTarget: HTMLElement }): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    return Math.max(0, Math.min(1, (event.clientX - left) / width)) * whole.toNs
  }
  const zoom = state.zoom.value
  const isZoomed = zoom.fromNs > 0 || zoom.toNs < whole.toNs
  const shown = drag.value ? ordered(drag.value) : isZoomed ? zoom : null
  const box = shown && boxOf(shown, whole)
  return (
    <div class="minimap">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys w, s, a and d do the same */}
      <div
        class="minimap-area"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          drag.value = { fromNs: at(event), toNs: at(event) }
        }}
        onPointerMove={(event) => {
          if (drag.value) drag.value = { ...drag.value, toNs: at(event) }
        }}
        onPointerUp={() => {
          const next = drag.value && ordered(drag.value)
          drag.value = null
          if (next && next.toNs - next.fromNs > whole.toNs / 500) state.setZoom(next)
        }}
        onPointerCancel={() => (drag.value = null)}
        onDblClick={() => state.setZoom(null)}
      >
        <Canvas
          draw={draw}
          height={HEIGHT}
          outer={{ role: 'img', 'aria-label': 'All spans over the time of the trace' }}
        />
        {box && (
          <>
            <div class="shade" style={{ left: '0', width: `${box.left}%` }} />
            <div class="shade" style={{ left: `${box.left + box.width}%`, right: '0' }} />
          </>
        )}
      </div>
      {isZoomed && (
        <button type="button" class="zoom-out" onClick={() => state.setZoom(null)}>
          {duration(zoom.fromNs)} – {duration(zoom.toNs)} · show all
        </button>
      )}
    </div>
  )
}

const ordered = ({ fromNs, toNs }: Stretch): Stretch => ({
  fromNs: Math.min(fromNs, toNs),
  toNs: Math.max(fromNs, toNs),
})

/** Zooms around the middle; a factor below 1 goes closer. */
export function zoomBy(state: TraceState, factor: number): void {
  const { fromNs, toNs } = state.zoom.peek()
  const middle = (fromNs + toNs) / 2
  const half = Math.max(50, ((toNs - fromNs) / 2) * factor)
  setWithin(state, middle - half, middle + half)
}

/** Moves the zoomed window by a share of its width. */
export function panBy(state: TraceState, share: number): void {
  const { fromNs, toNs } = state.zoom.peek()
  const whole = state.detail.peek().durationNs
  const step = Math.max(-fromNs, Math.min(whole - toNs, (toNs - fromNs) * share))
  setWithin(state, fromNs + step, toNs + step)
}

function setWithin(state: TraceState, fromNs: number, toNs: number): void {
  const whole = state.detail.peek().durationNs
  const from = Math.max(0, fromNs)
  const to = Math.min(whole, toNs)
  state.setZoom(from <= 0 && to >= whole ? null : { fromNs: from, toNs: to })
}
