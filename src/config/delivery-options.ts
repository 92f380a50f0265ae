/** The option `delivery`: what waits where, and for how long, until it has arrived. */

export interface DeliveryOptions {
  /**
   * How many bytes of telemetry may wait in memory while the back end cannot be reached; the oldest are dropped, and counted, beyond it.
   * @default 16_777_216 — env `UPTRACE_BUFFER_LIMIT`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a whole number above 0
   */
  bufferLimitBytes?: number
  /**
   * How long `shutdown()` and `forceFlush()` may take, in milliseconds.
   * @default 5_000 — env `UPTRACE_SHUTDOWN_TIMEOUT`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a finite number of at least 0
   */
  shutdownTimeoutMillis?: number
  /** Sends what is left when the process ends, however it ends. @default true — env `UPTRACE_EXIT_FLUSH` */
  exitFlush?: boolean
  /**
   * How long the end of the process may be delayed by the last send, in milliseconds.
   * @default 2_000 — env `UPTRACE_EXIT_TIMEOUT`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a finite number of at least 0
   */
  exitTimeoutMillis?: number
  /** Directory for requests that could not be sent, so that they outlive the process. @default none — env `UPTRACE_SPOOL_DIRECTORY` */
  spoolDirectory?: string
  /** How many bytes the spool may hold. @default 67_108_864 — env `UPTRACE_SPOOL_LIMIT` */
  spoolLimitBytes?: number
  /** How old a spooled request may be when it is sent, in milliseconds. @default 86_400_000 — env `UPTRACE_SPOOL_MAX_AGE` */
  spoolMaxAgeMillis?: number
}
