/** What one attempt to send came to. Network outcomes are values, not exceptions. */

/** Acknowledged. `rejected` items were not taken, as a partial success tells; whoever reads it checks that it is a count at all. */
export interface Accepted {
  readonly kind: 'accepted'
  readonly rejected: number
  readonly message: string | undefined
}

export type Outcome =
  | Accepted
  /** Worth another attempt, not before `retryAfterMillis` when the server asks so. */
  | {
      readonly kind: 'retryable'
      readonly reason: string
      readonly retryAfterMillis: number | undefined
      readonly isCertain: boolean
    }
  /** The kept-alive connection had just been closed by the server: try at once. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'too-large'; readonly reason: string }
  /** The content encoding is not understood. */
  | { readonly kind: 'unsupported-encoding'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string }

export type Retryable = Extract<Outcome, { kind: 'retryable' }>
export type Refusal = Extract<Outcome, { kind: 'too-large' | 'unsupported-encoding' | 'rejected' }>

/** Worth another attempt: nothing is known of what the server has done with the request. */
export function retryable(
  reason: string,
  { isCertain = false, retryAfterMillis = undefined as number | undefined } = {},
): Retryable {
  return { kind: 'retryable', reason, retryAfterMillis, isCertain }
}

/** The longest pause a server may ask for. */
const RETRY_AFTER_CAP_MILLIS = 300_000

/** Reads Retry-After, seconds or a date. Nonsense and times in the past are as if it was not there. */
export function parseRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const millis = /^\d{1,15}$/.test(text)
    ? Number(text) * 1000
    : /[a-z]/i.test(text)
      ? Date.parse(text) - now
      : Number.NaN
  return millis > 0 ? Math.min(millis, RETRY_AFTER_CAP_MILLIS) : undefined
}

/** A proxy that cannot be reached, or that answers something else than that it has connected us. */
export class ProxyError extends Error {
  readonly status: number | undefined

  constructor(status: number | undefined, cause?: unknown) {
    super('the proxy failed', { cause })
    this.status = status
  }
}

/** A failed connection as an outcome. All of them are worth a retry: certificates, names, routes and proxies get repaired while a program runs. */
export function connectionOutcome(error: unknown): Retryable {
  const { reason, isCertain } = error instanceof ProxyError ? describeProxyError(error) : describeNetworkError(error)
  return retryable(reason, { isCertain })
}

function describeProxyError({ status, cause }: ProxyError): Description {
  if (status === undefined) {
    const { reason, isCertain } = describeNetworkError(cause)
    return { reason: `the proxy: ${reason}`, isCertain }
  }
  const hint = status === 407 ? ' (are the credentials in the proxy variable right?)' : ''
  return { reason: `the proxy answered ${status}${hint}`, isCertain: true }
}

const PLAIN: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found (the name server did not answer)',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed (trust it with the tls.ca option)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain is self-signed (trust it with the tls.ca option)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the issuer of its certificate is not known (trust it with the tls.ca option)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the issuer of its certificate is not known (trust it with the tls.ca option)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS (is the scheme http:// meant?)',
  ERR_HTTP2_ERROR: 'it does not speak HTTP/2 (is the port that of gRPC?)',
  EPROTO: 'it does not speak TLS as expected (is the scheme http:// meant?)',
}
const UNCERTAIN: Record<string, string> = {
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed while sending',
  ETIMEDOUT: 'connection timed out',
}

interface Description {
  readonly reason: string
  /** No passing hiccup, so worth a line at the first time. */
  readonly isCertain: boolean
}

function describeNetworkError(error: unknown): Description {
  const { code, message } = firstError(error)
  if (code !== undefined && code in PLAIN) return { reason: PLAIN[code]!, isCertain: true }
  if (code !== undefined && code in UNCERTAIN) return { reason: UNCERTAIN[code]!, isCertain: false }
  if (code?.startsWith('HPE_'))
    return { reason: `its answer is not HTTP (${code}; is the scheme https:// meant?)`, isCertain: true }
  return { reason: code ?? message ?? 'unknown error', isCertain: false }
}

function firstError(error: unknown): { code: string | undefined; message: string | undefined } {
  // HTTP/2 tells of a canceled stream, and of the connection's own error only as its cause
  const outer = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const cause = outer instanceof AggregateError && outer.errors.length > 0 ? outer.errors[0] : outer
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
  return {
    code: typeof code === 'string' ? code : undefined,
    message: typeof message === 'string' ? message.split('\n')[0]!.slice(0, 200) : undefined,
  }
}
