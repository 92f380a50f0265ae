/** Notes on each call to others, such as a query, the line of the application that made it. For checks of a test run: a stack costs microseconds. */
import { type Span, SpanKind } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { takeStack } from '../checks/caller.ts'

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
  for (const line of linesOfStack()) {
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

/** An application may have its own way to write stacks, which throws or gives no text. */
function linesOfStack(): readonly string[] {
  try {
    const { stack } = takeStack(FRAMES)
    return typeof stack === 'string' ? stack.split('\n') : []
  } catch {
    return []
  }
}
