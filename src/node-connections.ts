/** Requests and connections as Node makes them: what a test puts in the place of its functions (nock, msw) neither sees delivery nor stops it. */
// type-only imports: loading node:http here would run before it can be instrumented
import type * as Http from 'node:http'
import type * as Net from 'node:net'

interface NodeConnections {
  readonly ClientRequest: typeof Http.ClientRequest
  readonly Socket: typeof Net.Socket
  readonly connect: Net.Socket['connect']
}

let known: NodeConnections | undefined

/** Called when the application first loads node:http, and before the first request of our own. */
export function rememberConnections(): NodeConnections {
  if (known) return known
  const { ClientRequest } = process.getBuiltinModule('node:http') as typeof Http
  const { Socket } = process.getBuiltinModule('node:net') as typeof Net
  known = { ClientRequest, Socket, connect: Socket.prototype.connect }
  return known
}

/** Not by `request`: what is instrumented there would look at each of these only to leave it alone. */
export function createRequest(options: Http.RequestOptions): Http.ClientRequest {
  return new (rememberConnections().ClientRequest)(options)
}

/** Lets an agent open its sockets as Node does. @returns the agent */
export function connectingAsNode<Own extends Http.Agent, Method extends 'createConnection' | 'connect'>(
  agent: Own & Record<Method, (...given: never[]) => unknown>,
  method: Method,
): Own {
  const open = agent[method] as (...given: unknown[]) => unknown
  return Object.assign(agent, { [method]: (...given: unknown[]) => connectAsNode(() => open.apply(agent, given)) })
}

/** `open` begins a connection before it returns; only until then does the prototype have the method of Node. */
export function connectAsNode<T>(open: () => T): T {
  const { Socket, connect } = rememberConnections()
  const { prototype } = Socket
  if (prototype.connect === connect) return open()
  const replaced = Object.getOwnPropertyDescriptor(prototype, 'connect')
  if (
    !Reflect.defineProperty(prototype, 'connect', {
      value: connect,
      writable: true,
      configurable: true,
      enumerable: true,
    })
  )
    return open()
  try {
    return open()
  } finally {
    if (replaced) Reflect.defineProperty(prototype, 'connect', replaced)
    else Reflect.deleteProperty(prototype, 'connect')
  }
}
