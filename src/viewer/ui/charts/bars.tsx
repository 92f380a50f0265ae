/** Stacked bars, drawn as SVG: point, drag over several, or move by arrow keys; Enter or a release selects. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'

export interface Bar {
  /** From the bottom up; `class` gives the colour. */
  readonly segments: readonly { readonly class: string; readonly value: number }[]
  /** What it stands for, shown while it is pointed at. */
  readonly label: string
}

interface Props {
  readonly bars: readonly Bar[]
  readonly label: string
  /** Texts below the bars, from left to right. */
  readonly ticks: readonly string[]
  readonly onSelect?: (first: number, last: number) => void
  /** Bars that are chosen now. */
  readonly selected?: (index: number) => boolean
  /** Lines over the bars: `at` counts in bars. */
  readonly marks?: readonly { readonly at: number; readonly label: string }[]
}

const HEIGHT = 100
/** Of one bar, in CSS pixels. */
const MAX_WIDTH = 60

export function Bars({ bars, label, ticks, onSelect, selected, marks = [] }: Props) {
  const at = useSignal<number | null>(null)
  const from = useSignal<number | null>(null)
  const root = useRef<HTMLDivElement>(null)
  const max = Math.max(1, ...bars.map(({ segments }) => sum(segments)))
  const indexOf = (event: MouseEvent): number => {
    const box = root.current!.getBoundingClientRect()
    return clamp(Math.floor(((event.clientX - box.left) / box.width) * bars.length), bars.length)
  }
  const finish = (): void => {
    const [start, end] = [from.value, at.value]
    from.value = null
    if (start !== null && end !== null) onSelect?.(Math.min(start, end), Math.max(start, end))
  }
  const isMarked = (index: number): boolean => {
    if (at.value === null) return false
    const start = from.value ?? at.value
    return index >= Math.min(start, at.value) && index <= Math.max(start, at.value)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (step) {
      if (event.shiftKey) from.value ??= at.value ?? 0
      else from.value = null
      at.value = clamp(at.value === null ? (step > 0 ? 0 : bars.length - 1) : at.value + step, bars.length)
    } else if (event.key === 'Enter' && at.value !== null) {
      from.value ??= at.value
      finish()
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class={`bars ${onSelect ? 'pick' : ''}`} style={{ maxWidth: `${Math.max(bars.length, 4) * MAX_WIDTH}px` }}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields */}
      <div
        ref={root}
        class="bars-plot"
        role="group"
        aria-label={onSelect ? `${label}. Arrow keys move, Enter selects.` : `${label}. Arrow keys move.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the bars are moved through by arrow keys
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => {
          at.value = indexOf(event)
        }}
        onPointerDown={(event) => {
          if (!onSelect || event.button !== 0) return
          root.current!.setPointerCapture(event.pointerId)
          from.value = at.value = indexOf(event)
        }}
        onPointerUp={() => from.value !== null && finish()}
        onPointerLeave={() => {
          if (from.value === null) at.value = null
        }}
        onBlur={() => {
          at.value = from.value = null
        }}
      >
        <svg viewBox={`0 0 ${Math.max(bars.length, 1)} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {bars.map((bar, index) => {
            let top = HEIGHT
            return (
              <g key={index} class={isMarked(index) ? 'marked' : selected && !selected(index) ? 'out' : undefined}>
                <rect class="bar-back" x={index} width={1} y={0} height={HEIGHT} />
                {bar.segments.map((segment) => {
                  const height = segment.value === 0 ? 0 : Math.max((segment.value / max) * (HEIGHT - 4), 2)
                  top -= height
                  return (
                    <rect
                      key={segment.class}
                      class={segment.class}
                      x={index + 0.08}
                      width={0.84}
                      y={top}
                      {...{ height }}
                    />
                  )
                })}
              </g>
            )
          })}
        </svg>
        {marks.map((mark) => (
          <span
            key={mark.label}
            class={mark.at / bars.length > 0.85 ? 'bars-mark flipped' : 'bars-mark'}
            style={{ left: `${(mark.at / bars.length) * 100}%` }}
          >
            <span class="bars-label">{mark.label}</span>
          </span>
        ))}
      </div>
      <div class="bars-axis" aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick}>{tick}</span>
        ))}
      </div>
      <p class="bars-tip" aria-live="polite">
        {at.value === null ? '' : bars[at.value]?.label}
      </p>
    </div>
  )
}

const sum = (segments: Bar['segments']): number => segments.reduce((total, { value }) => total + value, 0)
const clamp = (index: number, length: number): number => Math.max(0, Math.min(length - 1, index))
