/** Traces that somebody looks at, or has just looked at: they are not deleted. */

const PIN_MILLIS = 10 * 60_000

export interface Pins {
  pin(traceId: string): void
  live(): ReadonlySet<string>
}

export function createPins(): Pins {
  const pinned = new Map<string, number>()
  return {
    pin(traceId) {
      pinned.set(traceId, Date.now() + PIN_MILLIS)
    },
    live() {
      const now = Date.now()
      for (const [traceId, until] of pinned) if (until < now) pinned.delete(traceId)
      return new Set(pinned.keys())
    },
  }
}
