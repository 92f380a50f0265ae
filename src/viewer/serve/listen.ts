/** Listens on the loopback addresses, and keeps half-open connections from locking others out. */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ServerOptions } from './server-options.ts'

const MAX_CONNECTIONS = 512
/** Connections on which no whole request has arrived. */
const MAX_SILENT = 256

export type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Listens on 127.0.0.1 and ::1, on the same port; walks on while it is taken. */
export async function listen(servers: Server[], listener: Listener, options: ServerOptions): Promise<number> {
  const first = options.port ?? 0
  for (let attempt = 0; ; attempt++) {
    const ports = first === 0 ? 0 : first + attempt
    try {
      return await listenBoth(servers, listener, ports, options)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt + 1 >= (options.portAttempts ?? 1))
        throw error
    }
  }
}

export async function listenBoth(
  servers: Server[],
  listener: Listener,
  port: number,
  options: ServerOptions,
): Promise<number> {
  const v4 = createHttpServer(listener, options)
  await listenOn(v4, '127.0.0.1', port)
  const bound = (v4.address() as AddressInfo).port
  const v6 = createHttpServer(listener, options)
  try {
    await listenOn(v6, '::1', bound)
    servers.push(v4, v6)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      v4.close()
      // another program has the port on ::1, where `localhost` may lead
      if (port === 0) return listenBoth(servers, listener, 0, options)
      throw error
    }
    servers.push(v4) // no IPv6 here
  }
  return bound
}

async function listenOn(server: Server, host: string, port: number): Promise<void> {
  server.listen({ port, host, exclusive: true })
  await once(server, 'listening')
}

function createHttpServer(listener: Listener, options: ServerOptions): Server {
  const server = createServer(
    {
      requestTimeout: options.requestTimeoutMillis ?? 30_000,
      headersTimeout: options.headersTimeoutMillis ?? 10_000,
      connectionsCheckingInterval: Math.min(2000, options.headersTimeoutMillis ?? 2000),
      keepAliveTimeout: 65_000,
    },
    listener,
  )
  // instrumentations of http wrap Server.prototype.emit: in a process under test the viewer must not trace itself
  server.emit = EventEmitter.prototype.emit
  server.maxConnections = MAX_CONNECTIONS
  makeRoom(server)
  if (options.holdsProcess === false) {
    server.unref()
    server.on('connection', (socket: Socket) => socket.unref())
  }
  return server
}

/** Of the connections that have sent nothing yet, the oldest makes room: others are never locked out by half-open ones. */
function makeRoom(server: Server): void {
  const silent = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
    if (silent.size > MAX_SILENT) silent.values().next().value!.destroy()
  })
  server.on('request', ({ socket }: IncomingMessage) => silent.delete(socket))
}
