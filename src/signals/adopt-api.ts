/**
 * The copy of the API that ES modules have is not the one of CommonJS, which this package uses: what they have taken from theirs before this package was
 * there is told of our providers.
 */
import { logs, trace } from '@opentelemetry/api'
import { orElse } from '../log.ts'
import { globalLoggerProvider, globalTracerProvider, isOwnGlobal } from './globals.ts'

type Api = typeof import('@opentelemetry/api')

/** `copy` is theirs. Nothing changes where another SDK holds the globals. */
export function adoptApi(copy: Api): void {
  if (copy.trace === trace) return
  orElse('tracers and loggers of ES modules', () => adopt(copy), undefined)
}

/** Who registers a provider, hands it to all that its own copy gave out; the place itself is ours again afterwards. */
function adopt(copy: Api): void {
  if (isOwnGlobal('trace')) {
    trace.disable()
    copy.trace.setGlobalTracerProvider(globalTracerProvider)
    copy.trace.disable()
    trace.setGlobalTracerProvider(globalTracerProvider)
  }
  if (isOwnGlobal('logs')) {
    logs.disable()
    copy.logs?.setGlobalLoggerProvider(globalLoggerProvider)
    copy.logs?.disable()
    logs.setGlobalLoggerProvider(globalLoggerProvider)
  }
}
