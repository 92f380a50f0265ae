/** Checks the options given in code: a wrong one throws a ConfigError that names it. */
import { ConfigError } from '../errors.ts'
import { createOptionRules } from './option-rules.ts'
import type { ConfigureOptions } from './options.ts'
import { isEmpty, ROOT, type Rule, shape } from './rules.ts'

let all: Rule | undefined

/**
 * Checks every option; `undefined` always counts as not given.
 * @throws {ConfigError} `ERR_OPTION_UNKNOWN`, `ERR_OPTION_TYPE` or `ERR_OPTION_RANGE`, with `option` set
 */
export function validateOptions(options: unknown): asserts options is ConfigureOptions {
  if (isEmpty(options)) return
  all ??= shape(createOptionRules())
  all(options, ROOT)
  const { metricExportIntervalMillis: interval, metricExportTimeoutMillis: timeout } = options as ConfigureOptions
  if (interval !== undefined && timeout !== undefined && timeout > interval) {
    throw new ConfigError(
      'ERR_OPTION_RANGE',
      `Option metricExportTimeoutMillis must be at most metricExportIntervalMillis (${interval}), got ${timeout}`,
      { option: 'metricExportTimeoutMillis' },
    )
  }
}
