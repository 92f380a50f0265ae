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

/**
 * What each arm takes in those rounds in which all of them together took least: in a round the arms take turns within a second, so a quiet round was quiet
 * for all, while the quickest turns of each alone may be from different minutes.
 * @param turns of each arm, round by round
 */
export function meanOfQuietest(turns: readonly (readonly number[])[]): number[] {
  const rounds = turns[0]!.map((_, round) => ({ round, sum: turns.reduce((sum, ofArm) => sum + ofArm[round]!, 0) }))
  const quietest = rounds.toSorted((a, b) => a.sum - b.sum).slice(0, Math.ceil(rounds.length / 4))
  return turns.map((ofArm) => quietest.reduce((sum, { round }) => sum + ofArm[round]!, 0) / quietest.length)
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
