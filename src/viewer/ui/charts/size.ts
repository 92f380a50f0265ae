/** The width of an element as a signal: for charts, which are drawn to their size. */
import { type Signal, useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useLayoutEffect } from 'preact/hooks'

/** In CSS pixels; 0 until the element is laid out. */
export function useWidth(element: RefObject<HTMLElement | null>): Signal<number> {
  const width = useSignal(0)
  useLayoutEffect(() => {
    const node = element.current
    if (!node) return
    const observer = new ResizeObserver(() => {
      width.value = Math.floor(node.clientWidth)
    })
    observer.observe(node)
    width.value = Math.floor(node.clientWidth)
    return () => observer.disconnect()
  }, [])
  return width
}
