/** A drawing of services that may be larger than its place: scrolled at its own size, or shrunk to be seen as a whole. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

interface Props {
  readonly label: string
  readonly width: number
  readonly height: number
  /** Around the drawing, whose own corner is at 0, 0. */
  readonly pad: number
  /** What is in sight at first, from the top of the drawing. */
  readonly startY: number
  readonly children: ComponentChildren
}

export function MapFrame({ label, width, height, pad, startY, children }: Props) {
  const isWhole = useSignal(false)
  const isLarger = useSignal(false)
  const frame = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    const node = frame.current!
    const observer = new ResizeObserver(() => {
      isLarger.value = width > node.clientWidth || height > node.clientHeight
    })
    observer.observe(node)
    return () => observer.disconnect()
  }, [width, height])
  useLayoutEffect(() => {
    frame.current!.scrollTop = startY + pad - frame.current!.clientHeight / 2
  }, [startY, isWhole.value])
  return (
    <div class={isWhole.value ? 'map-frame whole' : 'map-frame'}>
      {(isLarger.value || isWhole.value) && (
        <button type="button" aria-pressed={isWhole.value} onClick={() => (isWhole.value = !isWhole.value)}>
          Whole map
        </button>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard */}
      <section ref={frame} aria-label={label} tabIndex={0}>
        {/* biome-ignore lint/a11y/noSvgWithoutTitle: the section has the name */}
        <svg {...{ width, height }} viewBox={`${-pad} ${-pad} ${width} ${height}`}>
          {children}
        </svg>
      </section>
    </div>
  )
}
