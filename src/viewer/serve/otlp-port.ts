/** The port for programs that cannot be given a token. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { HttpError } from '../receive/body.ts'
import { INGEST_PATHS, type Ingest } from '../receive/ingest.ts'
import { type Listener, listenBoth } from './listen.ts'
import { receive } from './receive.ts'
import { fail, refuse } from './respond.ts'
import { createGuard, createToken, type Guard } from './security.ts'
import type { ServerOptions } from './server-options.ts'

/** The standard port, for programs that cannot be given a token: takes telemetry and answers nothing else. */
export async function listenOtlp(
  servers: Server[],
  ingest: Ingest,
  port: number,
  options: ServerOptions,
): Promise<number> {
  let guard: Guard | undefined
  const listener: Listener = (request, response) => {
    takeOtlp(request, response, guard!, ingest).catch((error) => fail(response, error))
  }
  const bound = await listenBoth(servers, listener, port, options)
  guard = createGuard(createToken(), bound)
  return bound
}

async function takeOtlp(
  request: IncomingMessage,
  response: ServerResponse,
  guard: Guard,
  ingest: Ingest,
): Promise<void> {
  const refused =
    guard.checkHost(request.headers) ??
    (request.headers['sec-fetch-site'] === 'cross-site' ? guard.checkSameOrigin(request.headers) : undefined)
  if (refused) return refuse(response, refused)
  const pathname = (request.url ?? '').split('?', 1)[0]!
  if (!Object.hasOwn(INGEST_PATHS, pathname)) throw new HttpError(404, 'no_route', 'This port takes OTLP only.')
  await receive({ request, response, guard, ingest }, pathname, undefined)
}
