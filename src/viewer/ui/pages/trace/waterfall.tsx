/** The waterfall: a tree of spans beside their bars, only the visible lines in the document. */
import { useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { duration } from '../../lib/format.ts'
import { VirtualList, type VirtualListHandle } from '../../lib/virtual-list.tsx'
import { placeOf, rulerMarks } from './geometry.ts'
import { WaterfallLine } from './line.tsx'
import type { TraceState } from './state.ts'

export const LINE_HEIGHT = 24
const WIDTHS = { least: 15, most: 75, first: 42, step: 3 }

export function Waterfall({ state }: { readonly state: TraceState }) {
  const lines = state.lines.value
  const list = useRef<VirtualListHandle>(null)
  const frame = useRef<HTMLDivElement>(null)
  const nameWidth = useSignal(Number(localStorage.getItem('trace-name-width')) || WIDTHS.first)
  const cursor = state.cursor.value
  const at = lines.findIndex(({ key }) => key === cursor)
  const matches = state.matches.value

  useSignalEffect(() => {
    const key = state.cursor.value
    const index = state.lines.value.findIndex((line) => line.key === key)
    if (index >= 0) requestAnimationFrame(() => list.current?.reveal(index))
  })

  if (lines.length === 0) return <p class="state">No span meets the filters.</p>
  return (
    <div class="waterfall" ref={frame} style={{ '--name-width': `${nameWidth.value}cqw` }}>
      <Ruler state={state} />
      <Divider width={nameWidth.value} frame={frame} onChange={(width) => (nameWidth.value = keepWidth(width))} />
      <VirtualList
        count={lines.length}
        rowHeight={LINE_HEIGHT}
        handle={list}
        outer={{
          role: 'treegrid',
          'aria-label': 'Spans of the trace',
          'aria-rowcount': lines.length,
          'aria-colcount': 2,
          'aria-activedescendant': at >= 0 ? `line-${at}` : undefined,
          tabIndex: 0,
          class: 'lines',
        }}
        renderRow={(index) => {
          const line = lines[index]!
          const isMatch =
            matches !== null &&
            (line.kind === 'fold' ? line.members : [line.span.index]).some((one) => matches.has(one))
          return (
            <WaterfallLine
              key={line.key}
              state={state}
              line={line}
              index={index}
              isSelected={index === at}
              isMatch={isMatch}
              isDim={matches !== null && !isMatch}
            />
          )
        }}
      />
    </div>
  )
}

function Ruler({ state }: { readonly state: TraceState }) {
  const window = state.zoom.value
  return (
    <div class="ruler" aria-hidden="true">
      <div class="marks">
        {rulerMarks(window, innerWidth < 760 ? 3 : 6).map((ns) => (
          <span key={ns} style={{ left: `${placeOf(ns, window)}%` }}>
            {duration(ns)}
          </span>
        ))}
      </div>
    </div>
  )
}

interface DividerProps {
  readonly width: number
  readonly frame: { readonly current: HTMLElement | null }
  readonly onChange: (width: number) => void
}

function Divider({ width, frame, onChange }: DividerProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule that can be moved is a separator with a value
    <div
      class="divider"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the names"
      aria-valuenow={Math.round(width)}
      aria-valuemin={WIDTHS.least}
      aria-valuemax={WIDTHS.most}
      tabIndex={0}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -WIDTHS.step, ArrowRight: WIDTHS.step }[event.key]
        if (step === undefined) return
        event.preventDefault()
        event.stopPropagation()
        onChange(width + step)
      }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
        const { left, width: whole } = frame.current!.getBoundingClientRect()
        onChange(((event.clientX - left) / whole) * 100)
      }}
    />
  )
}

function keepWidth(width: number): number {
  const kept = Math.max(WIDTHS.least, Math.min(WIDTHS.most, width))
  localStorage.setItem('trace-name-width', kept.toFixed(1))
  return kept
}
