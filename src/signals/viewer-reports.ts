/** What a program tells the local viewer besides its telemetry: never in the way of the program, and no error of it is the program's. */
import { AsyncLocalStorage } from 'node:async_hooks'
// type-only import: loading node:http here would run before it can be instrumented
import type * as Http from 'node:http'
import { urlToHttpOptions } from 'node:url'
import { type Attributes, context, ROOT_CONTEXT } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { connectAsNode, createRequest } from '../node-connections.ts'

export interface ViewerAddress {
  /** Address of the viewer: scheme, host and port. */
  readonly url: string
  /** Must let the viewer in: `uptrace-dsn` or `authorization`. */
  readonly headers: Readonly<Record<string, string>>
}

const IDENTITY = ['service.name', 'service.instance.id', 'host.name', 'process.pid']

/** What the viewer tells runs of programs by. */
export function identityOf({ attributes }: Resource): Attributes {
  return Object.fromEntries(IDENTITY.flatMap((key) => (attributes[key] === undefined ? [] : [[key, attributes[key]]])))
}

/** Sends an object as JSON; the request keeps no process alive. */
export function postToViewer({ url, headers }: ViewerAddress, path: string, body: string): Http.ClientRequest {
  const request = connectAsNode(() =>
    createRequest({
      ...urlToHttpOptions(new URL(path, url)),
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    }),
  )
  request.on('socket', (socket) => socket.unref())
  request.on('error', () => {})
  request.end(body)
  return request
}

/** Runs what starts timers and sockets without the state of the request that happened to be the first. */
export function createUntracedRunner(): <T>(run: () => T) => T {
  const snapshot = AsyncLocalStorage.snapshot()
  const suppressed = suppressTracing(ROOT_CONTEXT)
  return (run) => snapshot(() => context.with(suppressed, run))
}
