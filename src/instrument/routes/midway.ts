/** Midway 4 makes a span of a server for each request, named by its path: where the request has one, what it would say goes there. */
import { type Attributes, context } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'
import { wholeOf, wrapMethod } from '../wrap-method.ts'

type Any = (...args: unknown[]) => unknown
interface EntryOptions {
  readonly attributes?: Readonly<Record<string, unknown>>
}
interface TraceService {
  /** What the application adds to spans, by its own function. */
  readonly resolveTraceMeta?: (...args: unknown[]) => Attributes
}

export function patchMidway(exported: unknown): unknown {
  const { MidwayTraceService } = wholeOf<{ MidwayTraceService?: { readonly prototype: object } }>(exported)
  if (MidwayTraceService === undefined) return exported
  wrapMethod(
    MidwayTraceService.prototype,
    'runWithEntrySpan',
    (run) =>
      function (this: TraceService, name: string, options: EntryOptions, ...rest: unknown[]) {
        const metadata = getRPCMetadata(context.active())
        if (metadata?.type !== RPCType.HTTP || options?.attributes?.['midway.protocol'] !== 'http')
          return run.call(this, name, options, ...rest)
        // its own way without a span
        return run.call(handMetaTo(this, metadata.span), name, { ...options, enable: false }, ...rest)
      },
  )
  return exported
}

function handMetaTo(service: TraceService, span: { setAttributes(meta: Attributes): unknown }): TraceService {
  const resolve = service.resolveTraceMeta as Any | undefined
  if (typeof resolve !== 'function') return service
  const resolveTraceMeta = (...args: unknown[]): unknown => {
    const meta = resolve.apply(service, args)
    span.setAttributes(meta as Attributes)
    return meta
  }
  return Object.create(service, { resolveTraceMeta: { value: resolveTraceMeta } }) as TraceService
}
