/** connect-rpc: an interceptor for each client and each server of Node; the requests that carry the calls are those of http and http2. */
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { getRPCMetadata } from '@opentelemetry/core'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { hostOf, portOf } from '../../url-host.ts'
import { defineInstrumentation, type Settings, type Tracing } from '../define.ts'
import { describeError } from '../error-text.ts'
import { tryStart } from '../run-in-span.ts'
import { wrapMethod } from '../wrap-method.ts'

/** As `@connectrpc/connect` declares them. */
interface Call {
  readonly service: { readonly typeName: string }
  readonly method: { readonly name: string }
  readonly stream: boolean
  readonly header: Headers
  readonly url: string
}
interface Answer {
  readonly stream: boolean
  readonly message: AsyncIterable<unknown>
}
type Next = (call: Call) => Promise<Answer>
type Interceptor = (next: Next) => Next
type Options = { readonly interceptors?: readonly Interceptor[] }

const SERVERS = ['connectNodeAdapter']
const CLIENTS = ['createConnectTransport', 'createGrpcTransport', 'createGrpcWebTransport']
/** Codes that tell of a failure of the server, by the conventions of RPC. */
const SERVER_FAILURES: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15])
const CODES =
  'ok cancelled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied resource_exhausted failed_precondition aborted out_of_range unimplemented internal unavailable data_loss unauthenticated'.split(
    ' ',
  )

export function createConnectRpc(settings: Settings): Instrumentation {
  const targets = [{ module: '@connectrpc/connect-node', versions: ['>=1.0.0 <3'], patch }]
  return defineInstrumentation({ name: 'connect-rpc', targets }, settings)
}

function patch(exported: object, tracing: Tracing): void {
  const intercepted = (interceptor: Interceptor) => (original: (...args: unknown[]) => unknown) =>
    function (this: unknown, options: Options, ...rest: unknown[]) {
      const interceptors = [interceptor, ...(options?.interceptors ?? [])]
      const isObject = typeof options === 'object' && options !== null
      return original.call(this, isObject ? { ...options, interceptors } : options, ...rest)
    }
  for (const name of SERVERS)
    wrapMethod(
      exported,
      name,
      intercepted((next) => (call) => serve(tracing, next, call)),
    )
  for (const name of CLIENTS)
    wrapMethod(
      exported,
      name,
      intercepted((next) => (call) => ask(tracing, next, call)),
    )
}

const nameOf = ({ service, method }: Call): string => `${service.typeName}/${method.name}`

const procedureOf = (call: Call): Attributes => ({ 'rpc.system.name': 'connectrpc', 'rpc.method': nameOf(call) })

function attributesOf(call: Call): Attributes {
  if (!URL.canParse(call.url)) return procedureOf(call)
  const url = new URL(call.url)
  return { ...procedureOf(call), 'server.address': hostOf(url), 'server.port': portOf(url) }
}

async function ask(tracing: Tracing, next: Next, call: Call): Promise<Answer> {
  const parent = context.active()
  const span = tryStart(() =>
    tracing.isEnabled()
      ? tracing.startSpan(nameOf(call), { kind: SpanKind.CLIENT, attributes: attributesOf(call) }, parent)
      : undefined,
  )
  if (span === undefined) return next(call)
  return follow(span, trace.setSpan(parent, span), next, call, () => true)
}

/** The request that carries the call has the span, and is named by the procedure; elsewhere the call has one of its own. */
async function serve(tracing: Tracing, next: Next, call: Call): Promise<Answer> {
  if (!tracing.isEnabled()) return next(call)
  const isFailure = (code: number): boolean => SERVER_FAILURES.has(code)
  const active = context.active()
  const request = getRPCMetadata(active)
  if (request !== undefined) {
    request.route = `/${nameOf(call)}`
    request.span.setAttributes(procedureOf(call))
    try {
      return await next(call)
    } catch (error) {
      noteFailure(request.span, error, isFailure)
      throw error
    }
  }
  let parent = ROOT_CONTEXT
  const span = tryStart(() => {
    parent = propagation.extract(ROOT_CONTEXT, Object.fromEntries(call.header))
    return tracing.startSpan(nameOf(call), { kind: SpanKind.SERVER, attributes: attributesOf(call) }, parent)
  })
  if (span === undefined) return next(call)
  return follow(span, trace.setSpan(parent, span), next, call, isFailure)
}

async function follow(
  span: Span,
  own: Context,
  next: Next,
  call: Call,
  isFailure: (code: number) => boolean,
): Promise<Answer> {
  try {
    const answer = await context.with(own, () => next(call))
    if (!answer.stream) {
      span.end()
      return answer
    }
    return { ...answer, message: untilEnd(answer.message, span, isFailure) }
  } catch (error) {
    noteFailure(span, error, isFailure)
    span.end()
    throw error
  }
}

async function* untilEnd(messages: AsyncIterable<unknown>, span: Span, isFailure: (code: number) => boolean) {
  try {
    yield* messages
  } catch (error) {
    noteFailure(span, error, isFailure)
    throw error
  } finally {
    span.end()
  }
}

function noteFailure(span: Span, error: unknown, isFailure: (code: number) => boolean): void {
  const { code } = Object(error) as { code?: unknown }
  const known = typeof code === 'number' ? CODES[code] : undefined
  const { type, message } = describeError(error)
  if (known !== undefined) span.setAttribute('rpc.response.status_code', known)
  // an error that is none of connect's is answered as an internal one
  if (known !== undefined && !isFailure(code as number)) return
  span.setAttribute('error.type', known ?? type)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
