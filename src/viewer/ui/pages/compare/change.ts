/** Differences as text. */

/** `+12 ms`, `−3`. */
export const signed = (value: number, show: (value: number) => string): string =>
  `${value < 0 ? '−' : '+'}${show(Math.abs(value))}`

/** `×1.8` or `−40 %`; empty where there is nothing to compare with. */
export function ratioOf(before: number, after: number): string {
  if (before === 0) return ''
  const ratio = after / before
  if (ratio >= 2) return `(×${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1)})`
  return `(${signed((ratio - 1) * 100, (value) => value.toFixed(0))} %)`
}
