/** A canvas that follows its size, the density of the screen and the theme; `draw` gets CSS pixels. */
import { useSignal } from '@preact/signals'
import type { ComponentProps } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { themeVersion } from '../lib/theme.ts'

export type Draw = (context: CanvasRenderingContext2D, width: number, height: number) => void

interface Props {
  readonly draw: Draw
  readonly height: number
  /** Attributes of the canvas: class, role, aria-label, pointer handlers. */
  readonly outer?: ComponentProps<'canvas'>
}

export function Canvas({ draw, height, outer }: Props) {
  const element = useRef<HTMLCanvasElement>(null)
  const width = useSignal(0)
  const theme = themeVersion.value

  useLayoutEffect(() => {
    const node = element.current!
    const observer = new ResizeObserver(() => {
      width.value = node.clientWidth
    })
    observer.observe(node)
    width.value = node.clientWidth
    return () => observer.disconnect()
  }, [])

  useLayoutEffect(() => {
    const node = element.current!
    if (width.value === 0) return
    const scale = devicePixelRatio || 1
    node.width = Math.round(width.value * scale)
    node.height = Math.round(height * scale)
    const context = node.getContext('2d')!
    context.scale(scale, scale)
    draw(context, width.value, height)
  }, [draw, height, width.value, theme])

  return <canvas {...outer} ref={element} style={{ height: `${height}px`, width: '100%' }} />
}
