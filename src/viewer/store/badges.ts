/** Badges of a trace as bits. Stored: append only. */
import type { Badge } from '../api.ts'

export const BADGES: readonly Badge[] = [
  'n+1',
  'slow',
  'unclosed',
  'running',
  'partial',
  'error',
  'duplicate-spans',
  'clock-skew',
  'sequential',
  'blocked',
]

export function badgesOf(bits: number): Badge[] {
  return BADGES.filter((_, index) => (bits & (1 << index)) !== 0)
}

export function badgeBits(badges: readonly Badge[]): number {
  return badges.reduce((bits, badge) => bits | (1 << BADGES.indexOf(badge)), 0)
}
