/** The least severity of each logger: options `minLogSeverity` and `logs.severity`. */
import type { SeverityNumber } from '@opentelemetry/api'
import { compilePattern } from '../traces/pattern.ts'

/** @param ofLoggers by name of a logger, in which `*` stands for any characters; the first that fits counts */
export function createLeastSeverity(
  general: SeverityNumber,
  ofLoggers: Readonly<Record<string, SeverityNumber>>,
): (loggerName: string) => SeverityNumber {
  const rules = Object.entries(ofLoggers).map(([name, severity]) => ({ matches: compilePattern(name), severity }))
  return (loggerName) => rules.find(({ matches }) => matches(loggerName))?.severity ?? general
}
