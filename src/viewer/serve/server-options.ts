/** What a caller may set of the server. */
import type { BodyLimits } from '../receive/body.ts'
import type { StoreOptions } from '../store/store.ts'
import type { Connection, Peer } from './peer-user.ts'

export interface ServerOptions extends StoreOptions {
  /** Preferred port; 0 for any. */
  readonly port?: number
  /** How many ports to try, counting up, when the preferred one is taken. */
  readonly portAttempts?: number
  readonly token?: string
  /** Also listens here, without a token, for programs in other languages: OTLP only. */
  readonly otlpPort?: number | undefined
  readonly bodyLimits?: Partial<BodyLimits>
  /** A sender must be done with its request by then. */
  readonly requestTimeoutMillis?: number
  readonly headersTimeoutMillis?: number
  /** Who is at the other end of a connection; the kernel is asked by default. */
  readonly peerOf?: (connection: Connection) => Peer
  /** Whether the process goes on while the server listens. @default true */
  readonly holdsProcess?: boolean
  /** Called when the holder of the token asks the server to end; it closes itself by then unless this is given. */
  readonly onShutdown?: () => void
}
