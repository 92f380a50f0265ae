/** A list of rows of equal height that keeps only the visible ones in the document. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren, ComponentProps } from 'preact'
import { useImperativeHandle, useLayoutEffect, useRef } from 'preact/hooks'

export interface VirtualListHandle {
  /** Scrolls as little as needed to show the row. */
  reveal(index: number): void
  readonly element: HTMLElement | null
}

interface Props {
  readonly count: number
  /** In CSS pixels. */
  readonly rowHeight: number
  readonly renderRow: (index: number) => ComponentChildren
  readonly handle?: { current: VirtualListHandle | null }
  readonly overscan?: number
  readonly onScroll?: (scrollTop: number) => void
  /** Attributes of the scrolling element: class, role, aria-label, onKeyDown. */
  readonly outer?: ComponentProps<'div'>
}

/** Browsers cap the height of an element near 33 million pixels: taller lists are scrolled in proportion. */
const MAX_HEIGHT = 15_000_000

export function VirtualList({ count, rowHeight, renderRow, handle, overscan = 8, onScroll, outer }: Props) {
  const element = useRef<HTMLDivElement>(null)
  const top = useSignal(0)
  const height = useSignal(600)
  const full = count * rowHeight
  const shown = Math.min(full, MAX_HEIGHT)
  const ratio = shown > height.value ? (full - height.value) / (shown - height.value) : 1

  useLayoutEffect(() => {
    const node = element.current!
    const observer = new ResizeObserver(() => {
      height.value = node.clientHeight
    })
    observer.observe(node)
    height.value = node.clientHeight
    return () => observer.disconnect()
  }, [])

  useImperativeHandle(
    handle ?? { current: null },
    () => ({
      element: element.current,
      reveal(index) {
        const node = element.current
        if (!node) return
        const rowTop = index * rowHeight
        const viewTop = node.scrollTop * ratio
        if (rowTop < viewTop) node.scrollTop = rowTop / ratio
        else if (rowTop + rowHeight > viewTop + node.clientHeight)
          node.scrollTop = (rowTop + rowHeight - node.clientHeight) / ratio
      },
    }),
    [ratio, rowHeight],
  )

  const virtualTop = top.value * ratio
  const first = Math.max(0, Math.floor(virtualTop / rowHeight) - overscan)
  const last = Math.min(count, Math.ceil((virtualTop + height.value) / rowHeight) + overscan)
  const rows: ComponentChildren[] = []
  for (let index = first; index < last; index++) rows.push(renderRow(index))

  return (
    <div
      {...outer}
      ref={element}
      class={`virtual ${outer?.class ?? ''}`}
      onScroll={(event) => {
        top.value = event.currentTarget.scrollTop
        onScroll?.(top.value)
      }}
    >
      <div class="virtual-space" role="presentation" style={{ height: `${shown}px` }}>
        <div
          class="virtual-rows"
          role="presentation"
          style={{ transform: `translateY(${first * rowHeight - virtualTop + top.value}px)` }}
        >
          {rows}
        </div>
      </div>
    </div>
  )
}
