/** Whether something was measured since metrics were last collected: it would be lost if the process ended now. */

let isMeasured = false
let hasObservables = false
let onFirst: (() => void) | undefined

/** What describes the process or telemetry itself; that alone is no reason to delay an end. */
const QUIET_SCOPES = /^(uptrace-node$|@opentelemetry\/(sdk|instrumentation-runtime-node))/

export const isQuietScope = (name: string): boolean => QUIET_SCOPES.test(name)

export function noteMeasurement(): void {
  if (isMeasured) return
  isMeasured = true
  onFirst?.()
}

/** The application has values that are read only when metrics are collected. */
export function noteObservable(): void {
  if (hasObservables) return
  hasObservables = true
  onFirst?.()
}

export function noteCollection(): void {
  isMeasured = false
}

export const hasMeasurements = (): boolean => isMeasured

export const hasUncollected = (): boolean => isMeasured || hasObservables

/** Calls `listener` at the first measurement after each collection. */
export function onFirstMeasurement(listener: (() => void) | undefined): void {
  onFirst = listener
}
