/** Notes on each call to others, such as a query, the line of the application that made it. For checks of a test run: a stack costs microseconds. */
import { type Span, SpanKind } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'

/** Between an application and a driver may stand an ORM. */
const FRAMES = 60
/** Node's own, and libraries. */
const FOREIGN = /^node:|[\\/]node_modules[\\/]/

export interface CallSiteOptions {
  /** Whether a file is this package's own, wherever that is installed. */
  readonly isOwn: (file: string) => boolean
}

/** The names are those of the semantic conventions, https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/. */
export function createCallSiteProcessor({ isOwn }: CallSiteOptions): SpanProcessor {
  return {
    onStart(span) {
      if (span.kind !== SpanKind.CLIENT) return
      const site = callSite((file) => isOwn(file) || FOREIGN.test(file))
      if (site) (span as unknown as Span).setAttributes(site)
    },
    onEnd() {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

function callSite(isForeign: (file: string) => boolean): Record<string, string | number> | undefined {
  for (const line of stack().split('\n')) {
    const [, name, place, row] = /^\s+at (?:(.*?) \()?(.+?):(\d+):\d+\)?$/.exec(line) ?? []
    if (place === undefined || row === undefined) continue
    const file = place.replace(/^async /, '').replace(/^file:\/\//, '')
    if (isForeign(file)) continue
    return {
      'code.file.path': file,
      'code.line.number': Number(row),
      ...(name === undefined ? {} : { 'code.function.name': name.replace(/^async /, '') }),
    }
  }
  return undefined
}

/** The limit is the application's: it is put back at once, and left alone where it cannot be set. */
function stack(): string {
  const limit = Error.stackTraceLimit
  const holder: { stack?: unknown } = {}
  try {
    Error.stackTraceLimit = FRAMES
    Error.captureStackTrace(holder, stack)
    return typeof holder.stack === 'string' ? holder.stack : ''
  } finally {
    Error.stackTraceLimit = limit
  }
}
