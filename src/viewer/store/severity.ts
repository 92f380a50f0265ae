/** Severity numbers of OTLP as names. */
import type { Severity } from '../api.ts'

export const SEVERITIES: readonly Severity[] = ['unspecified', 'trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** Four numbers make one name: 9 to 12 are info. */
export function severityOf(number: number): Severity {
  return SEVERITIES[Math.ceil(Math.min(Math.max(number, 0), 24) / 4)]!
}

/** The least number of a name. */
export function severityNumberOf(name: string): number | undefined {
  const index = SEVERITIES.indexOf(name.toLowerCase() as Severity)
  return index < 0 ? undefined : index === 0 ? 0 : index * 4 - 3
}
