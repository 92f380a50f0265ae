/** Takes telemetry from a sender, browsers of other origins included. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpError } from '../receive/body.ts'
import type { Exchange } from './exchange.ts'
import { refuse } from './respond.ts'
import type { Refusal } from './security.ts'

export async function receive(
  exchange: Pick<Exchange, 'request' | 'response' | 'guard' | 'ingest'>,
  pathname: string,
  refused: Refusal | undefined,
): Promise<void> {
  const { request, response, guard, ingest } = exchange
  const foreign = guard.checkIngestOrigin(request.headers)
  if (foreign) return refuse(response, foreign)
  allowOrigin(request, response)
  if (request.method === 'OPTIONS') return preflight(response)
  if (request.method !== 'POST')
    throw new HttpError(405, 'method', 'Telemetry is sent with POST.', { allow: 'POST, OPTIONS' })
  if (refused) {
    ingest.log.lastError = { atUs: Date.now() * 1000, path: pathname, message: refused.message }
    return refuse(response, refused)
  }
  await ingest.handle(pathname, request, response)
}

function allowOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('vary', 'origin')
  if (headers.origin === undefined) return
  response.setHeader('access-control-allow-origin', headers.origin)
  response.setHeader('cross-origin-resource-policy', 'cross-origin')
}

function preflight(response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'content-type, content-encoding, uptrace-dsn, authorization',
    'access-control-max-age': '600',
  })
  response.end()
}
