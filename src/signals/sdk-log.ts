/** Shows what OpenTelemetry's own parts report: to `diag`, which is silent by default. */

import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api'
import { messageOf } from '../errors.ts'
import { isShown, kindOf, logThrottled } from '../log.ts'

/** A logger of the user's own is left in place. */
export function installDiagLogger(): void {
  const globals = globalThis as { [key: symbol]: { diag?: unknown } | undefined }
  if (globals[Symbol.for('opentelemetry.js.api.1')]?.diag) return
  const say =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (message: string, ...details: unknown[]) => {
      if (!isShown(level)) return
      const text = [message, ...details.map((detail) => messageOf(detail))].join(' ')
      logThrottled(level, kindOf(text), text)
    }
  const logger: DiagLogger = {
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: say('debug'),
    verbose: say('debug'),
  }
  diag.setLogger(logger, {
    logLevel: process.env.OTEL_LOG_LEVEL ? DiagLogLevel.ALL : DiagLogLevel.ERROR,
    suppressOverrideMessage: true,
  })
}
