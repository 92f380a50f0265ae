/** Outgoing requests of HTTP/2: a span each, from the request to the end of its stream. */
import { errorMonitor } from 'node:events'
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import { type Attributes, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { hostOf, portOf } from '../../url-host.ts'
import type { Tracing } from '../define.ts'
import { describeError } from '../error-text.ts'
import { normalizeMethod } from '../http/request-attributes.ts'
import { hideSecrets } from '../http/url-text.ts'

type Headers = OutgoingHttpHeaders | readonly string[]
type Request = (this: ClientHttp2Session, ...args: unknown[]) => ClientHttp2Stream

/** That of @grpc/grpc-js, which has an instrumentation of its own. */
const GRPC_AGENT = /grpc-node-js\//
const CANCEL = 8

export function wrapRequest(original: Request, tracing: Tracing): Request {
  return function request(...args) {
    const headers = (args[0] ?? {}) as Headers
    const span = tryStart(tracing, headers)
    if (span === undefined) return original.apply(this, args)
    let stream: ClientHttp2Stream
    try {
      stream = original.call(this, tryWithTrace(headers, span), ...args.slice(1))
    } catch (error) {
      fail(span, error)
      span.end()
      throw error
    }
    follow(span, stream, this)
    return stream
  }
}

function tryStart(tracing: Tracing, headers: Headers): Span | undefined {
  const active = context.active()
  if (!tracing.isEnabled() || isTracingSuppressed(active)) return undefined
  try {
    if (GRPC_AGENT.test(String(headerIn(headers, 'user-agent')))) return undefined
    const method = String(headerIn(headers, ':method') ?? 'GET')
    const attributes: Attributes = { 'http.request.method': normalizeMethod(method), 'network.protocol.version': '2' }
    const name = attributes['http.request.method'] === '_OTHER' ? 'HTTP' : String(attributes['http.request.method'])
    return tracing.startSpan(name, { kind: SpanKind.CLIENT, attributes }, active)
  } catch (error) {
    log.debug(`a request could not be traced: ${messageOf(error)}`)
    return undefined
  }
}

function headerIn(headers: Headers, name: string): unknown {
  if (!Array.isArray(headers)) {
    const found = Object.keys(headers).find((key) => key.toLowerCase() === name)
    return found === undefined ? undefined : (headers as OutgoingHttpHeaders)[found]
  }
  const at = headers.findIndex((text, index) => index % 2 === 0 && String(text).toLowerCase() === name)
  return at < 0 ? undefined : headers[at + 1]
}

/** Headers that cannot be read are the library's to refuse. */
function tryWithTrace(headers: Headers, span: Span): Headers {
  try {
    return withTrace(headers, span)
  } catch {
    return headers
  }
}

/** A copy: the headers are the application's. Those that carry a trace already are replaced. */
function withTrace(headers: Headers, span: Span): Headers {
  const carrier: Record<string, string> = {}
  propagation.inject(trace.setSpan(context.active(), span), carrier)
  if (!Array.isArray(headers)) {
    const own = Object.keys(headers).filter((key) => Object.hasOwn(carrier, key.toLowerCase()))
    const copy = Object.assign(
      Object.create(Object.getPrototypeOf(headers) as object | null),
      headers,
    ) as OutgoingHttpHeaders
    for (const key of own) delete copy[key]
    return Object.assign(copy, carrier)
  }
  const kept = headers.filter((_, index) => !Object.hasOwn(carrier, String(headers[index - (index % 2)]).toLowerCase()))
  return [...kept, ...Object.entries(carrier).flat()]
}

function follow(span: Span, stream: ClientHttp2Stream, session: ClientHttp2Session): void {
  try {
    span.setAttributes(addressOf(stream, session))
    let failure: unknown
    stream.once('response', (headers: IncomingHttpHeaders) => noteStatus(span, Number(headers[':status'])))
    stream.once(errorMonitor, (error) => {
      failure = error
    })
    stream.once('close', () => {
      const { rstCode } = stream
      const { name } = Object(failure) as Partial<Error>
      // what the caller ends is no error
      if (failure !== undefined && name !== 'AbortError') fail(span, failure)
      else if (failure === undefined && rstCode !== 0 && rstCode !== CANCEL)
        fail(span, new Error(`the stream was reset with code ${rstCode}`))
      span.end()
    })
  } catch (error) {
    log.debug(`a request could not be followed: ${messageOf(error)}`)
    span.end()
  }
}

function noteStatus(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status)
  if (status >= 100 && status < 400) return
  span.setAttribute('error.type', String(status))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** What was sent has the authority, also where the application left it to the session. */
function addressOf({ sentHeaders }: ClientHttp2Stream, session: ClientHttp2Session): Attributes {
  const scheme = String(sentHeaders?.[':scheme'] ?? (session.encrypted ? 'https' : 'http'))
  const authority = sentHeaders?.[':authority']
  const base = `${scheme}://${String(authority)}`
  if (authority === undefined || !URL.canParse(base)) return {}
  const url = new URL(base)
  const [path = '', query] = String(sentHeaders?.[':path'] ?? '/').split('?', 2)
  const attributes: Attributes = {
    'server.address': hostOf(url),
    'server.port': portOf(url),
  }
  if (sentHeaders?.[':method'] !== 'CONNECT')
    attributes['url.full'] = `${base}${path}${query === undefined ? '' : `?${hideSecrets(query)}`}`
  return attributes
}

function fail(span: Span, error: unknown): void {
  const { type, message } = describeError(error)
  const { code } = Object(error) as { code?: unknown }
  span.setAttribute('error.type', typeof code === 'string' ? code : type)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
