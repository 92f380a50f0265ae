/** The main door: re-exports only. */
export { ConfigError, type ConfigErrorCode } from './errors.ts'
export { VERSION } from './version.ts'
