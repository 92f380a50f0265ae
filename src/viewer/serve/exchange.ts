/** One request, its response, and the parts of the server that answer it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Ingest } from '../receive/ingest.ts'
import type { Connection, Peer } from './peer-user.ts'
import type { Router } from './router.ts'
import type { Guard } from './security.ts'
import type { createStaticFiles } from './static-files.ts'

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly guard: Guard
  readonly router: Router
  readonly ingest: Ingest
  readonly staticFiles: ReturnType<typeof createStaticFiles>
  readonly port: number
  readonly peerOf: (connection: Connection) => Peer
}
