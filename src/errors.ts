/** The errors a caller can catch (each has a stable `code` and says what was expected, what was given, what to do), and the text of any error. */

export type ConfigErrorCode =
  | 'ERR_DSN_EMPTY'
  | 'ERR_DSN_INVALID'
  | 'ERR_DSN_NO_SCHEME'
  | 'ERR_DSN_NO_HOST'
  | 'ERR_DSN_NO_TOKEN'
  | 'ERR_DSN_PLACEHOLDER'
  | 'ERR_DSN_LOCAL'
  | 'ERR_OPTION_UNKNOWN'
  | 'ERR_OPTION_TYPE'
  | 'ERR_OPTION_RANGE'

/** A wrong option in code, or a DSN that cannot be used. The message never holds a token. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode
  /** The option that is wrong, e.g. `metricExportIntervalMillis` or `tls.ca`. */
  readonly option: string | undefined

  constructor(code: ConfigErrorCode, message: string, options: { option?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.option = options.option
  }
}

/** For what a function of the application's gives back where no promise is expected: one that is rejected, and heard by nobody, ends the process. */
export function hearRejection(result: unknown, hear: (error: unknown) => void): void {
  try {
    const then: unknown = (result as PromiseLike<unknown> | null | undefined)?.then
    if (typeof then === 'function') then.call(result, undefined, hear)
  } catch (error) {
    hear(error)
  }
}

/** The message of whatever was thrown. It never throws itself: a getter may, and `Object.create(null)` is no text. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error)
  } catch {
    return 'an error that cannot be read'
  }
}
