/** Where the delivery that was created last sends, or why there is none: `doctor` asks the very same destinations, wherever they were configured. */
import type { Destination } from '../config/destination.ts'

let current: readonly Destination[] = []
let obstacle: string | undefined

export function noteDestinations(destinations: readonly Destination[]): void {
  current = destinations
  obstacle = undefined
}

export function noteDisabled(reason: string): void {
  current = []
  obstacle = reason
}

export const currentDestinations = (): readonly Destination[] => current
/** Why nothing is sent. */
export const disabledReason = (): string | undefined => obstacle
