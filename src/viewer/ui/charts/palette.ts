/** Colours of lines for canvases, from the tokens of the theme. */
import { tokenColor } from '../lib/theme.ts'

const HUES = [0, 2, 1, 4, 3, 8, 5, 11, 6, 9, 7, 10]
let probe: HTMLElement | undefined

/** Tells neighbours apart; repeats after twelve. */
export function lineColor(index: number): string {
  if (probe === undefined) {
    probe = document.createElement('span')
    probe.hidden = true
    probe.style.color = 'var(--svc)'
    document.body.append(probe)
  }
  probe.className = `svc-${HUES[index % HUES.length]}`
  return getComputedStyle(probe).color
}

export const quantileColor = (quantile: string): string =>
  tokenColor({ p95: '--warn', p99: '--error' }[quantile] ?? '--accent')
