/** Asks an endpoint what it thinks of us: one empty request, and what its answer means. */
import type { Destination } from '../config/destination.ts'
import { hostOf, portOf } from '../url-host.ts'

const TIMEOUT_MILLIS = 5_000
const MAX_TEXT = 200

export interface ProbeResult {
  readonly signal: string
  readonly endpoint: string
  readonly isOk: boolean
  /** What was answered and what to do about it. */
  readonly answer: string
}

/** An empty export request is valid, changes nothing, and is refused for the same reasons as a real one. */
export async function probe(destination: Destination): Promise<ProbeResult> {
  const { signal, label } = destination
  if (destination.protocol === 'grpc' || destination.signing !== undefined)
    return { signal, endpoint: label, ...(await probeSocket(destination)) }
  try {
    return { signal, endpoint: label, ...judge(await post(destination)) }
  } catch (error) {
    return { signal, endpoint: label, isOk: false, answer: explain(error) }
  }
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

/** Not `fetch`, which refuses some ports and knows nothing of our TLS options. */
async function post({ url, headers, protocol, tls }: Destination): Promise<Answer> {
  const body = { 'http/json': '{}', 'zipkin/json': '[]', 'http/protobuf': '', grpc: '' }[protocol]
  const { request } = await (url.startsWith('https:') ? import('node:https') : import('node:http'))
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-type': body === '' ? 'application/x-protobuf' : 'application/json' },
        signal: AbortSignal.timeout(TIMEOUT_MILLIS),
        agent: false,
        ...tls,
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text = (text + chunk).slice(0, MAX_TEXT)
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '', text }),
        )
        response.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function judge({ status, contentType, text }: Answer): Pick<ProbeResult, 'isOk' | 'answer'> {
  if (contentType.includes('text/html')) {
    return {
      isOk: false,
      answer: `${status} with a web page: this is not an OTLP endpoint (is the port the right one?)`,
    }
  }
  if (status >= 200 && status < 300) return { isOk: true, answer: `${status}, it takes telemetry` }
  const hint: Record<number, string> = {
    401: 'the token is wrong or missing: copy the DSN from the project again',
    403: 'the token is not known there, or may not send: copy the DSN from the project again',
    404: 'nothing takes OTLP at this path: check host, port and path',
    405: 'nothing takes OTLP at this path: check host, port and path',
    429: 'it asks for fewer requests: the endpoint is right',
    503: 'it is not ready: the endpoint is right, try again',
  }
  return {
    isOk: status === 429 || status === 503,
    answer: `${status}${text ? ` ${JSON.stringify(text)}` : ''}; ${hint[status] ?? 'the endpoint refuses OTLP'}`,
  }
}

async function probeSocket(destination: Destination): Promise<Pick<ProbeResult, 'isOk' | 'answer'>> {
  const { connect } = await import('node:net')
  const url = new URL(destination.url)
  const untold = destination.signing
    ? 'requests are signed: credentials are not checked'
    : 'gRPC: the token is not checked'
  return new Promise((resolve) => {
    const socket = connect({ host: hostOf(url), port: portOf(url) })
    socket.setTimeout(TIMEOUT_MILLIS, () => socket.destroy(new Error('no answer')))
    socket.once('connect', () => {
      socket.destroy()
      resolve({ isOk: true, answer: `the port is open (${untold})` })
    })
    socket.once('error', (error) => resolve({ isOk: false, answer: explain(error) }))
  })
}

function explain(error: unknown): string {
  const cause =
    (error as { cause?: { code?: string; message?: string } }).cause ?? (error as { code?: string; message?: string })
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'connection refused: nobody listens on this port',
    ENOTFOUND: 'the host name is not known: check its spelling, and DNS',
    EAI_AGAIN: 'the host name could not be looked up: check the network',
    DEPTH_ZERO_SELF_SIGNED_CERT:
      'its certificate is self-signed: trust it with tls.ca or OTEL_EXPORTER_OTLP_CERTIFICATE',
    SELF_SIGNED_CERT_IN_CHAIN:
      'its certificate chain is self-signed: trust it with tls.ca or OTEL_EXPORTER_OTLP_CERTIFICATE',
    CERT_HAS_EXPIRED: 'its certificate has expired',
  }
  if (['TimeoutError', 'AbortError'].includes((error as Error).name))
    return `no answer within ${TIMEOUT_MILLIS / 1000} s`
  return reasons[cause.code ?? ''] ?? `${cause.code ?? ''} ${cause.message ?? String(error)}`.trim()
}
