/** One attempt to send over HTTP: keep-alive, a total deadline, a bounded answer. */
// type-only imports: loading node:http here would run before it can be instrumented
import type * as Http from 'node:http'
import type * as Https from 'node:https'
import type { Destination } from '../../config/destination.ts'
import { loadLazily } from '../../lazy.ts'
import { connectingAsNode, createRequest } from '../../node-connections.ts'
import { clearTimeout, setTimeout } from '../../timers.ts'
import { markUntraced } from '../../untraced.ts'
import { hostOf, portOf } from '../../url-host.ts'
import { VERSION } from '../../version.ts'
import { type Answer, judgeAnswer } from './http-answer.ts'
import { ANSWER_LIMIT_BYTES, MAX_SOCKETS } from './limits.ts'
import { connectionOutcome, type Outcome, ProxyError, retryable } from './outcome.ts'
import { findProxy } from './proxy-environment.ts'
import type { Message, Sender } from './sender.ts'
import type { Sign } from './sign-aws.ts'

export const USER_AGENT = `uptrace-node/${VERSION} OTel-OTLP-Exporter-JavaScript/${VERSION}`
const CONTENT_TYPES = {
  'http/protobuf': 'application/x-protobuf',
  'http/json': 'application/json',
  'zipkin/json': 'application/json',
  grpc: 'application/grpc+proto',
}

/** What a request is ended with when its time is over. */
const DEADLINE = new Error('deadline')

type RequestOptions = Omit<Https.RequestOptions, 'headers'> & { headers?: Http.OutgoingHttpHeaders }

export function createHttpSender(destination: Destination): Sender {
  const url = new URL(destination.url)
  const requests = new Set<Http.ClientRequest>()
  let connection: Promise<RequestOptions> | undefined
  let agent: Http.Agent | undefined
  let via: Via
  let sign: Sign | undefined

  return { send, close }

  async function send(message: Message, timeoutMillis: number): Promise<Outcome> {
    try {
      const isSecure = url.protocol === 'https:'
      const http = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http') as typeof Http
      connection ??= connect(http)
      const { headers, ...options } = await connection
      const own = await signed(headersOf(message), message.body)
      return await attempt({ ...options, method: 'POST', headers: { ...headers, ...own } }, message.body, timeoutMillis)
    } catch (error) {
      connection = undefined
      return connectionOutcome(error)
    }
  }

  async function connect(http: typeof Http): Promise<RequestOptions> {
    const target = {
      protocol: url.protocol,
      hostname: hostOf(url),
      port: portOf(url),
      path: url.pathname + url.search,
    }
    const proxy = findProxy(url, process.env)
    if (proxy) {
      const { connectThroughProxy } = await import('./proxy.ts')
      const options = connectThroughProxy(proxy, url, destination.tls)
      agent = markUntraced(options.agent)
      via = options.isTunnel ? 'tunnel' : 'plain'
      return options.isTunnel ? { ...target, ...destination.tls, agent } : { ...options.request, agent }
    }
    // by the context alone they would be traced where the application's context manager does nothing, and each export would make the next
    const direct = new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, ...destination.tls })
    agent = markUntraced(connectingAsNode(direct, 'createConnection'))
    return { ...target, ...destination.tls, agent }
  }

  function headersOf(message: Message): Http.OutgoingHttpHeaders {
    return {
      'user-agent': USER_AGENT,
      ...destination.headers,
      'content-type': CONTENT_TYPES[destination.protocol],
      'content-length': message.body.length,
      host: url.host,
      ...(message.encoding !== 'none' && { 'content-encoding': message.encoding }),
    }
  }

  /** Without credentials the request waits: they may come. */
  async function signed(headers: Http.OutgoingHttpHeaders, body: Buffer): Promise<Http.OutgoingHttpHeaders> {
    if (destination.signing === undefined) return headers
    sign ??= loadLazily<typeof import('./sign-aws.ts')>('sign-aws').createAwsSigner(destination.signing)
    const texts = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
    return sign(url, Object.fromEntries(texts), body)
  }

  function attempt(options: RequestOptions, body: Buffer, timeoutMillis: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const request = createRequest(options)
      const timer = timeoutMillis > 0 ? setTimeout(() => request.destroy(DEADLINE), timeoutMillis).unref() : undefined
      requests.add(request)
      request.on('socket', (socket) => socket.unref())
      followRequest(request, via, 'uptrace-dsn' in destination.headers, (outcome) => {
        clearTimeout(timer)
        requests.delete(request)
        resolve(outcome === 'late' ? retryable(`no answer within ${timeoutMillis} ms`) : outcome)
      })
      request.end(body)
    })
  }

  function close(): void {
    for (const request of requests) request.destroy()
    agent?.destroy()
    connection = undefined
  }
}

/** How a proxy is used: it sees the request itself, or makes a tunnel for it. */
type Via = 'plain' | 'tunnel' | undefined

function followRequest(
  request: Http.ClientRequest,
  via: Via,
  hasDsn: boolean,
  finish: (outcome: Outcome | 'late') => void,
): void {
  let answered: Outcome | undefined
  let tunnelStatus: number | undefined
  request.on('proxyConnect', (connect: { statusCode: number }) => {
    tunnelStatus = connect.statusCode
  })
  const isRefusedByProxy = (): boolean => tunnelStatus !== undefined && tunnelStatus !== 200
  request.on('error', (error: NodeJS.ErrnoException) => {
    if (answered) finish(answered)
    else if (error === DEADLINE) finish('late')
    else if (isRefusedByProxy()) finish(connectionOutcome(new ProxyError(tunnelStatus)))
    else if (request.reusedSocket && error.code === 'ECONNRESET') finish({ kind: 'stale' })
    else {
      const isOfProxy = via === 'plain' || (via === 'tunnel' && tunnelStatus === undefined && !request.reusedSocket)
      finish(connectionOutcome(isOfProxy ? new ProxyError(undefined, error) : error))
    }
  })
  request.on('response', (response) => {
    const chunks: Buffer[] = []
    let size = 0
    const judge = (): Outcome =>
      isRefusedByProxy()
        ? connectionOutcome(new ProxyError(tunnelStatus))
        : judgeAnswer(answerOf(response, chunks), hasDsn)
    // the status is the acknowledgement: a body that never ends does not take it back
    answered = judge()
    response.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= ANSWER_LIMIT_BYTES) chunks.push(chunk)
      else request.destroy()
    })
    response.on('end', () => finish(judge()))
    response.on('error', () => {})
    response.on('close', () => finish(judge()))
  })
}

function answerOf(response: Http.IncomingMessage, chunks: readonly Buffer[]): Answer {
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    retryAfter: response.headers['retry-after'],
    location: response.headers.location,
    body: Buffer.concat(chunks),
  }
}
