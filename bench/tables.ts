/** Medians, the mean of the quickest, signed numbers and Markdown tables. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Of the least quarter: what else runs on a machine, or on its neighbours in a virtual one, only ever adds. */
export function meanOfQuickest(values: readonly number[]): number {
  const quickest = values.toSorted((a, b) => a - b).slice(0, Math.ceil(values.length / 4))
  return quickest.reduce((sum, value) => sum + value, 0) / quickest.length
}

/** `+12`, `-3`, `+0`: what is added to something. */
export function signed(value: number, digits = 0): string {
  // adding 0 turns the -0 of a small negative number to 0
  const text = (Number(value.toFixed(digits)) + 0).toFixed(digits)
  return text.startsWith('-') ? text : `+${text}`
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
