/** Parses an Uptrace DSN, `https://<token>@host[:port][?grpc=port]`, into endpoints; its token is never shown. */
import { ConfigError, type ConfigErrorCode } from '../errors.ts'
import { rememberSecret } from '../redact.ts'

const CLOUD_HOSTS = new Set(['uptrace.dev', 'api.uptrace.dev'])
export const CLOUD_SITE_URL = 'https://app.uptrace.dev'
const SCHEME = /^([a-z][a-z0-9+.-]*):(.*)$/is
/** Uptrace's default pair of ports: a DSN that names the gRPC one means the HTTP one beside it. */
const UPTRACE_GRPC_PORT = 14317
const UPTRACE_HTTP_PORT = 14318

/**
 * What nobody would take for a token: `localhost`, an address, or a name with dots in small letters. A token that was put in the place of the
 * host is one word, or has capitals.
 */
const HOST_NAME =
  /^(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]{2,45}\]|(?=.{1,80}$)([a-z0-9-]{1,24}\.)+[a-z]{2,12}\.?)$/

/** A parsed DSN. Printing it in any way shows no token. */
export class Dsn {
  readonly scheme: 'http' | 'https'
  /** Host without port; an IPv6 address keeps its brackets. */
  readonly host: string
  readonly httpPort: number
  readonly grpcPort: number
  /** Where the web interface is: the base of trace URLs. Default ports are left out. */
  readonly siteUrl: string
  /** Base URL of OTLP/HTTP; `/v1/traces` and so on is appended. */
  readonly otlpHttpEndpoint: string
  /** Target URL of OTLP/gRPC. */
  readonly otlpGrpcEndpoint: string
  readonly #token: string
  readonly #original: string

  constructor(
    original: string,
    parts: { scheme: 'http' | 'https'; host: string; httpPort: number; grpcPort: number; token: string },
  ) {
    const isCloud = CLOUD_HOSTS.has(parts.host)
    this.scheme = isCloud ? 'https' : parts.scheme
    this.host = isCloud ? 'api.uptrace.dev' : parts.host
    this.httpPort = isCloud ? 443 : parts.httpPort
    this.grpcPort = isCloud ? 4317 : parts.grpcPort
    this.otlpHttpEndpoint = origin(this.scheme, this.host, this.httpPort)
    this.otlpGrpcEndpoint = `${this.scheme}://${this.host}:${this.grpcPort}`
    this.siteUrl = isCloud ? CLOUD_SITE_URL : this.otlpHttpEndpoint
    this.#token = parts.token
    this.#original = original
  }

  /** The secret that names the project. Not enumerable: it does not appear in logs or JSON. */
  get token(): string {
    return this.#token
  }

  /** The DSN as it was given, without white space around it: the value of the `uptrace-dsn` header. Holds the token. */
  get original(): string {
    return this.#original
  }

  /** The DSN with its token masked. */
  toString(): string {
    return maskDsn(this.#original)
  }

  toJSON(): string {
    return this.toString()
  }
}

/**
 * Parses a DSN; white space around it does not count.
 * @throws {ConfigError} `ERR_DSN_EMPTY`, `ERR_DSN_NO_SCHEME`, `ERR_DSN_NO_HOST`, `ERR_DSN_NO_TOKEN`, `ERR_DSN_PLACEHOLDER` or `ERR_DSN_INVALID`
 * @example
 * parseDsn('http://secret@localhost:14318?grpc=14317').siteUrl // 'http://localhost:14318'
 */
export function parseDsn(text: string): Dsn {
  // one that was read from a file ends in a newline
  const dsn = typeof text === 'string' ? text.trim() : ''
  if (dsn === '') {
    throw new ConfigError('ERR_DSN_EMPTY', 'DSN is empty (set the dsn option or UPTRACE_DSN to https://<token>@host)', {
      option: 'dsn',
    })
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: spelled out, since a class of Unicode is slow to compile, and each start comes here
  if (/[\s\x00-\x1f\x7f-\x9f]/.test(dsn))
    fail('ERR_DSN_INVALID', dsn, "can't be parsed: it holds white space or control characters")
  const match = SCHEME.exec(dsn)
  if (!match && dsn.startsWith(':')) fail('ERR_DSN_INVALID', dsn, "can't be parsed")
  if (!match) fail('ERR_DSN_NO_SCHEME', dsn, 'does not have a scheme')
  const rest = match[2]!
  if (!rest.startsWith('//') || /^\/\/+([/?#]|$)/.test(rest)) fail('ERR_DSN_NO_HOST', dsn, 'does not have a host')

  const scheme = match[1]!.toLowerCase()
  if (scheme !== 'http' && scheme !== 'https')
    fail('ERR_DSN_INVALID', dsn, `has the scheme ${JSON.stringify(scheme)}, which is neither http nor https`)
  const url = parseUrl(dsn)
  if (url.hostname === '') fail('ERR_DSN_NO_HOST', dsn, 'does not have a host')
  const token = decode(url.username, dsn)
  if (token === '') fail('ERR_DSN_NO_TOKEN', dsn, 'does not have a token')
  if (/^<.*>$/.test(token))
    fail('ERR_DSN_PLACEHOLDER', dsn, 'is the placeholder of the documentation, not a DSN of a project')

  rememberSecret(token)
  rememberSecret(url.username)
  return new Dsn(dsn, { scheme, host: url.hostname, token, ...ports(url, scheme, dsn) })
}

/** The DSN with anything that may be a secret replaced: only what is certainly the name of a host, and its port, are left. */
export function maskDsn(dsn: string): string {
  const match = /^(https?:)?\/\/(?:(.*)@)?([^@/?#]*)/is.exec(dsn)
  if (!match) return '***'
  const [, scheme = '', userInfo, authority = ''] = match
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority) ?? []
  const shown = HOST_NAME.test(host) ? host : host === '' ? '' : '***'
  const shownPort = port === undefined ? '' : /^\d{0,5}$/.test(port) ? `:${port}` : ':***'
  return `${scheme}//${userInfo === undefined ? '' : '***@'}${shown}${shownPort}`
}

function ports(url: URL, scheme: 'http' | 'https', dsn: string): { httpPort: number; grpcPort: number } {
  const explicit = url.port === '' ? undefined : Number(url.port)
  const httpPort = explicit ?? (scheme === 'https' ? 443 : 80)
  const grpc = url.searchParams.get('grpc')
  if (grpc) {
    const grpcPort = Number(grpc)
    if (!/^\d+$/.test(grpc) || grpcPort < 1 || grpcPort > 65_535)
      fail('ERR_DSN_INVALID', dsn, 'has a grpc parameter that is not a port')
    return { httpPort, grpcPort }
  }
  return httpPort === UPTRACE_GRPC_PORT
    ? { httpPort: UPTRACE_HTTP_PORT, grpcPort: UPTRACE_GRPC_PORT }
    : { httpPort, grpcPort: httpPort }
}

function parseUrl(dsn: string): URL {
  try {
    return new URL(dsn)
  } catch {
    // without cause: the error of URL repeats its input, and with it the token
    return fail('ERR_DSN_INVALID', dsn, "can't be parsed")
  }
}

function decode(text: string, dsn: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return fail('ERR_DSN_INVALID', dsn, "can't be parsed: its token is not valid percent-encoding")
  }
}

function fail(code: ConfigErrorCode, dsn: string, reason: string): never {
  // a token in the wrong place is a secret as well
  for (const part of dsn.split(/[\s/?#@:&=]+/)) if (part.length >= 16 && !HOST_NAME.test(part)) rememberSecret(part)
  throw new ConfigError(code, `DSN ${JSON.stringify(maskDsn(dsn))} ${reason} (expected https://<token>@host)`, {
    option: 'dsn',
  })
}

function origin(scheme: string, host: string, port: number): string {
  const isDefault = (scheme === 'https' && port === 443) || (scheme === 'http' && port === 80)
  return isDefault ? `${scheme}://${host}` : `${scheme}://${host}:${port}`
}
