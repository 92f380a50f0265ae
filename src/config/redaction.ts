/** What is masked: the option `redaction`, filled in from the environment. */
import type { EnvironmentReader } from './environment.ts'
import type { RedactionOptions } from './redaction-options.ts'

/** A copy; the lists of the caller's may change later. */
export function resolveRedaction(
  given: RedactionOptions | boolean | undefined,
  env: EnvironmentReader,
): RedactionOptions | false {
  if (given === false || (given === undefined && !env.flag('UPTRACE_REDACTION'))) return false
  const { keys, values = [], sql, redact } = typeof given === 'object' ? given : {}
  return {
    keys: [...(keys ?? env.list('UPTRACE_REDACT_KEYS') ?? [])],
    values: [...values],
    sql: sql ?? env.oneOf('UPTRACE_REDACT_SQL') ?? 'sanitized',
    ...(redact && { redact }),
  }
}
