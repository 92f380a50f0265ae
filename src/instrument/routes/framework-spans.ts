/** Next and SvelteKit make spans of their own and know the route: it names the request, which has one span of a server only. */

import type { Tracer } from '@opentelemetry/api'
import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  trace,
} from '@opentelemetry/api'
import { getRPCMetadata, type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core'
import type { Exchange } from '../http/exchange.ts'

/** Scope -> the attribute that holds the route. */
const ROUTE: Readonly<Record<string, string>> = { 'next.js': 'next.route', sveltekit: 'http.route' }
/** Next's span of an API in `pages`, the one without the attribute: it says the route in its name. */
const API_OF_PAGES = /^executing api route \(pages\) (\/.*)$/
/** What stands there for pages of errors, and where no route matched. */
const NONE = /^unknown$|^\/(_not-found|_error|404|500)(\/|$)/

/** The same tracer for all other scopes. */
export function watchFrameworkSpans(scope: string, tracer: Tracer): Tracer {
  const attribute = ROUTE[scope]
  if (attribute === undefined) return tracer
  const startSpan = (name: string, options: SpanOptions = {}, given = context.active()): Span => {
    const parent = withRequest(given)
    const metadata = getRPCMetadata(parent)
    const isRequest = metadata?.type === RPCType.HTTP
    if (isRequest) noteRoute(metadata, options.attributes?.[attribute] ?? API_OF_PAGES.exec(name)?.[1])
    else if (isStart(scope, options, parent)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
    const isSecond = options.kind === SpanKind.SERVER && (isRequest || hasLocalSpan(parent))
    const span = tracer.startSpan(name, isSecond ? { ...options, kind: SpanKind.INTERNAL } : options, parent)
    if (isRequest && isSecond) noteRequest(metadata, span)
    return span
  }
  // that of our tracers starts spans by the method above
  const startActiveSpan = function (this: Tracer, name: string, ...rest: unknown[]): unknown {
    const run = rest.pop() as (span: Span) => unknown
    const [options, given] = rest as [SpanOptions?, Context?]
    return tracer.startActiveSpan.call(this, name, options ?? {}, withRequest(given ?? context.active()), run)
  }
  return Object.create(tracer, {
    startSpan: { value: startSpan },
    startActiveSpan: { value: startActiveSpan },
  }) as Tracer
}

/** Id of the span that Next has made of a request -> the request, until that has ended. */
const requests = new Map<string, RPCMetadata>()

function noteRequest(metadata: RPCMetadata & Partial<Exchange>, span: Span): void {
  const { spanId } = span.spanContext()
  if (!('closers' in metadata) || requests.has(spanId)) return
  requests.set(spanId, metadata)
  metadata.closers ??= []
  metadata.closers.push(() => requests.delete(spanId))
}

/** Behind a middleware, Next 16 continues by a header that it has put on the request, in a context that holds nothing else. */
function withRequest(given: Context): Context {
  const span = trace.getSpanContext(given)
  const metadata = span?.isRemote === true ? requests.get(span.spanId) : undefined
  return metadata === undefined || getRPCMetadata(given) !== undefined ? given : setRPCMetadata(given, metadata)
}

function noteRoute(metadata: { route?: string }, route: unknown): void {
  if (typeof route !== 'string' || NONE.test(route)) return
  const own = withoutGroups(route)
  // Next 15 says the route of an API in `app` first, and then its file
  if (own !== `${metadata.route}/route`) metadata.route = own
}

function hasLocalSpan(parent: Context): boolean {
  const span = trace.getSpanContext(parent)
  return span !== undefined && span.isRemote !== true
}

/** Both name groups of routes, which are no part of a path. */
const withoutGroups = (route: string): string => route.replace(/\/\([^/()]+\)(?=\/|$)/g, '') || '/'

/** Next tells of each module that it loads while it starts, in a trace of its own. */
function isStart(scope: string, { kind, root }: SpanOptions, parent: Context): boolean {
  return scope === 'next.js' && kind !== SpanKind.SERVER && (root === true || trace.getSpan(parent) === undefined)
}
