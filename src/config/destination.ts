/** Where one signal is sent: the value that configuration hands to delivery. */

export type Signal = 'traces' | 'metrics' | 'logs'
export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs']

export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc'
/** What a back end may speak besides OTLP: the JSON of Zipkin, version 2. */
export type WireProtocol = OtlpProtocol | 'zipkin/json'
export type Compression = 'gzip' | 'zstd' | 'none'

/** TLS material for connections to the back end, in PEM. */
export interface TlsOptions {
  /** Certificates to trust in place of the system's. */
  ca?: string | Buffer | Array<string | Buffer>
  /** Client certificate, for mutual TLS. */
  cert?: string | Buffer
  /** Private key of the client certificate. */
  key?: string | Buffer
  /** Passphrase of the private key. */
  passphrase?: string
  /** Name to verify the server's certificate against, when it differs from the host of the URL. */
  servername?: string
  /** `false` accepts any certificate: for tests only. @default true */
  rejectUnauthorized?: boolean
}

/** One endpoint of one signal. `headers` may hold a DSN: never print a Destination, print its `label`. */
export interface Destination {
  readonly signal: Signal
  /** Full URL, e.g. `https://api.uptrace.dev/v1/traces`; for gRPC the target `https://host:4317`. */
  readonly url: string
  /** Scheme, host and port: safe to show. */
  readonly label: string
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: WireProtocol
  readonly compression: Compression
  /** It is on this machine, and nobody has chosen a compression: what goes out at once goes as it is. */
  readonly isPlainAtOnce?: boolean
  /** Deadline of one attempt, in milliseconds; 0 means none. */
  readonly timeoutMillis: number
  readonly tls: TlsOptions | undefined
  /** The viewer on this machine, which the program may have started just now: refusals do not mean that it is down. */
  readonly isStarting?: boolean
  /** Set where requests carry a signature of AWS. */
  readonly signing?: AwsSigning | undefined
}

/** What AWS Signature Version 4 is made for, and the files of its official implementation in the application. */
export interface AwsSigning {
  readonly service: string
  readonly region: string
  readonly signerFile: string
  readonly credentialsFile: string
}
