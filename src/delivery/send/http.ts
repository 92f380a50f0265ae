/** One attempt to send over HTTP: keep-alive, a total deadline, a bounded answer. */
// type-only imports: loading node:http here would run before it can be instrumented
import type * as Http from 'node:http'
import type * as Https from 'node:https'
import type { Destination } from '../../config/destination.ts'
import { VERSION } from '../../version.ts'
import { judgeAnswer } from './http-answer.ts'
import { connectionOutcome, type Outcome } from './outcome.ts'
import { findProxy } from './proxy-environment.ts'
import type { Message, Sender } from './sender.ts'

const ANSWER_LIMIT_BYTES = 64 * 1024
export const USER_AGENT = `uptrace-node/${VERSION} OTel-OTLP-Exporter-JavaScript/${VERSION}`
const CONTENT_TYPES = {
  'http/protobuf': 'application/x-protobuf',
  'http/json': 'application/json',
  grpc: 'application/grpc+proto',
}

type RequestOptions = Omit<Https.RequestOptions, 'headers'> & { headers?: Http.OutgoingHttpHeaders }

export function createHttpSender(destination: Destination): Sender {
  const url = new URL(destination.url)
  const requests = new Set<Http.ClientRequest>()
  let connection: Promise<RequestOptions> | undefined
  let agent: Http.Agent | undefined

  return { send, close }

  async function send(message: Message, timeoutMillis: number): Promise<Outcome> {
    try {
      const isSecure = url.protocol === 'https:'
      const http = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http') as typeof Http
      connection ??= connect(http, isSecure)
      const { headers, ...options } = await connection
      return await attempt(
        { ...options, method: 'POST', headers: { ...headers, ...headersOf(message) } },
        message.body,
        timeoutMillis,
      )
    } catch (error) {
      connection = undefined
      return {
        kind: 'rejected',
        reason: `the request can't be made: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`,
      }
    }
  }

  async function connect(http: typeof Http, isSecure: boolean): Promise<RequestOptions> {
    const target = {
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (isSecure ? 443 : 80),
      path: url.pathname + url.search,
    }
    const proxy = findProxy(url, process.env)
    if (proxy) {
      const { connectThroughProxy } = await import('./proxy.ts')
      const options = connectThroughProxy(proxy, url, destination.tls)
      agent = options.agent
      return options.isTunnel ? { ...target, ...destination.tls, agent } : { ...options.request, agent }
    }
    agent = new http.Agent({ keepAlive: true, maxSockets: 8, ...destination.tls })
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

  function attempt(options: RequestOptions, body: Buffer, timeoutMillis: number): Promise<Outcome> {
    return new Promise((resolve) => {
      // not by `request`: what is instrumented there would look at each of these only to leave it alone
      const request = new (process.getBuiltinModule('node:http') as typeof Http).ClientRequest(options)
      let answered: Outcome | undefined
      const finish = (outcome: Outcome): void => {
        clearTimeout(timer)
        requests.delete(request)
        resolve(outcome)
      }
      const timer =
        timeoutMillis > 0
          ? setTimeout(() => request.destroy(Object.assign(new Error(), { code: 'DEADLINE' })), timeoutMillis).unref()
          : undefined
      requests.add(request)
      request.on('socket', (socket) => socket.unref())
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (answered) finish(answered)
        else if (error.code === 'DEADLINE')
          finish({
            kind: 'retryable',
            reason: `no answer within ${timeoutMillis} ms`,
            retryAfterMillis: undefined,
            isCertain: false,
          })
        else if (request.reusedSocket && error.code === 'ECONNRESET') finish({ kind: 'stale' })
        else finish(connectionOutcome(error))
      })
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let size = 0
        const judge = (): Outcome =>
          judgeAnswer({
            status: response.statusCode ?? 0,
            contentType: response.headers['content-type'] ?? '',
            retryAfter: response.headers['retry-after'],
            location: response.headers.location,
            body: Buffer.concat(chunks),
          })
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
      request.end(body)
    })
  }

  function close(): void {
    for (const request of requests) request.destroy()
    agent?.destroy()
    connection = undefined
  }
}
