/** tRPC 10 and 11: a span a procedure call, by a middleware that all procedures begin with. */
import { context, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { describeError, recordError } from '../error-text.ts'
import { noteProcedure } from './route.ts'

type Base = typeof import('@opentelemetry/instrumentation')
type Any = (this: unknown, ...args: unknown[]) => unknown
interface Call {
  readonly path: string
  readonly type: string
  next(): Promise<Result>
}
interface Result {
  readonly ok: boolean
  readonly error?: Error & { readonly code?: string; readonly cause?: unknown }
}
interface Exports {
  readonly initTRPC: object
}

/** Answers of the 5xx kind; whatever else a procedure throws is an answer to the caller. */
const OWN_FAULT: ReadonlySet<unknown> = new Set([
  'INTERNAL_SERVER_ERROR',
  'NOT_IMPLEMENTED',
  'BAD_GATEWAY',
  'SERVICE_UNAVAILABLE',
  'GATEWAY_TIMEOUT',
])

export function createTrpc(): Instrumentation {
  const { InstrumentationBase, InstrumentationNodeModuleDefinition } = loadLazily<Base>('instrumentation')
  const seen = new WeakSet<object>()
  class TrpcInstrumentation extends InstrumentationBase {
    override init(): InstrumentationModuleDefinition[] {
      const patch = (exported: Exports): Exports => {
        const prototype = Object.getPrototypeOf(exported.initTRPC) as { create: Any }
        if (seen.has(prototype)) return exported
        seen.add(prototype)
        const { create } = prototype
        const run = (call: Call): Promise<Result> => (this.isEnabled() ? traceCall(this.tracer, call) : call.next())
        prototype.create = function (...args) {
          return withMiddleware(create.apply(this, args) as object, run)
        }
        return exported
      }
      return [new InstrumentationNodeModuleDefinition('@trpc/server', ['>=10 <12'], patch)]
    }
  }
  return new TrpcInstrumentation(`${DISTRO_NAME}/trpc`, VERSION, {}) as unknown as Instrumentation
}

/** All procedures of an application are made from the one that comes with its builder. */
function withMiddleware(builder: object, run: (call: Call) => Promise<Result>): object {
  try {
    const { procedure } = builder as { procedure: { use(run: unknown): object } }
    return { ...builder, procedure: procedure.use(run) }
  } catch {
    // another version, made in another way
    return builder
  }
}

function traceCall(tracer: Tracer, call: Call): Promise<Result> {
  const { path, type } = call
  noteProcedure(path)
  const attributes = { 'rpc.system.name': 'trpc', 'rpc.method': path, 'trpc.procedure.type': type }
  const span = tracer.startSpan(path, { attributes })
  const result = context.with(trace.setSpan(context.active(), span), () => call.next())
  // the procedure's outcome is handed on as it came
  void result.then(
    (value) => end(span, value),
    (error: unknown) => fail(span, error),
  )
  return result
}

function end(span: Span, { ok, error }: Result): void {
  if (!ok && error !== undefined) {
    span.setAttribute('rpc.response.status_code', String(error.code))
    if (OWN_FAULT.has(error.code)) {
      fail(span, error.cause ?? error)
      return
    }
  }
  span.end()
}

function fail(span: Span, error: unknown): void {
  const { type, message } = describeError(error)
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  recordError(span, error)
  span.end()
}
