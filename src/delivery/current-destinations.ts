/** Where the delivery that was created last sends: `doctor` asks the very same destinations, wherever they were configured. */
import type { Destination } from '../config/destination.ts'

let current: readonly Destination[] = []

export function noteDestinations(destinations: readonly Destination[]): void {
  current = destinations
}

export const currentDestinations = (): readonly Destination[] => current
