/** What the tail sampler tells others about traces: those that hold log records back until a trace is decided. */

export type Fate = 'open' | 'kept' | 'dropped'

/** Filled by the tail sampler on one side, and by whoever waits on the other. */
export interface Fates {
  /** Undefined for a trace that is not known, or not any more. */
  fateOf(traceId: string): Fate | undefined
  onDecided(traceId: string, isKept: boolean): void
}

export const createFates = (): Fates => ({ fateOf: () => undefined, onDecided() {} })
