/** Answers a request by its path: health, telemetry, a query, or a file of the pages. */
import type { ServerResponse } from 'node:http'
import { VERSION } from '../../version.ts'
import { firstRowsPath, type Health, VIEWER_NAME } from '../api.ts'
import { HttpError } from '../receive/body.ts'
import { INGEST_PATHS } from '../receive/ingest.ts'
import type { Exchange } from './exchange.ts'
import type { Peer } from './peer-user.ts'
import { receive } from './receive.ts'
import { refuse, sendJson } from './respond.ts'
import { type Guard, isLoopbackAddress, SECURITY_HEADERS } from './security.ts'

export async function handle(exchange: Exchange): Promise<void> {
  const { request, response, guard, port } = exchange
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
  if (!isLoopbackAddress(request.socket.remoteAddress)) return response.destroy() as never
  const refused = guard.checkHost(request.headers)
  if (refused) return refuse(response, refused)
  const { pathname, searchParams } = parseTarget(request.url ?? '/', port)

  if (pathname === '/healthz') return sendJson(response, health(guard, searchParams.get('challenge')))
  if (Object.hasOwn(INGEST_PATHS, pathname)) return receive(exchange, pathname, guard.checkToken(request.headers))
  if (pathname.startsWith('/api/')) return query(exchange, pathname, searchParams)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new HttpError(405, 'method', 'This path answers to GET only.', { allow: 'GET' })
  serveFile(exchange, pathname, searchParams)
}

/** A target may be anything that a client sends, such as `//`. */
function parseTarget(target: string, port: number): URL {
  const base = `http://localhost:${port}`
  if (!/^\/(?!\/)/.test(target) || !URL.canParse(base + target))
    throw new HttpError(400, 'bad_target', 'The request names no path.')
  return new URL(base + target)
}

async function query(exchange: Exchange, pathname: string, searchParams: URLSearchParams): Promise<void> {
  const { request, response, guard, router } = exchange
  const refused = guard.checkSameOrigin(request.headers) ?? guard.checkReader(request.headers, () => peer(exchange))
  if (refused) return refuse(response, refused)
  const { handler, params } = router.find(request.method ?? 'GET', pathname)
  const result = await handler({ request, response, params, query: searchParams })
  if (response.headersSent || response.writableEnded) return
  if (result === undefined) {
    response.statusCode = response.statusCode === 200 ? 204 : response.statusCode
    response.end()
  } else sendJson(response, result)
}

function serveFile(exchange: Exchange, pathname: string, query: URLSearchParams): undefined {
  const { request, response, guard, staticFiles } = exchange
  const file = staticFiles(pathname)
  if (!file) throw new HttpError(404, 'no_file', 'There is no such file.')
  if (file.isPage) {
    const key = query.get('key')
    const refused = guard.checkPage(request.headers, key, peer(exchange))
    if (refused) return void refuse(response, refused)
    const cookie = guard.cookieFor(request.headers)
    if (cookie !== undefined) response.setHeader('set-cookie', cookie)
    if (key !== null) return void redirect(response, pathname, query)
    if (pathname.startsWith('/t/')) {
      const { handler, params } = exchange.router.find('GET', pathname)
      return void redirect(response, String(handler({ request, response, params, query })))
    }
  }
  if (file.isPage) preload(response, pathname, query)
  response.setHeader('content-type', file.type)
  response.setHeader('content-length', file.bytes.length)
  const isVersioned = query.get('v') === file.version
  const kept = isVersioned ? 'private, max-age=31536000, immutable' : 'no-cache'
  response.setHeader('cache-control', file.isPage ? 'no-store' : kept)
  response.end(request.method === 'HEAD' ? undefined : file.bytes)
}

/** The page of a trace would ask for its rows only when its script runs: the browser asks meanwhile. */
function preload(response: ServerResponse, pathname: string, query: URLSearchParams): void {
  const traceId = /^\/traces\/([0-9a-f]{32})$/.exec(pathname)?.[1]
  if (traceId === undefined || query.has('clocks')) return
  response.setHeader('link', `<${firstRowsPath(traceId)}>; rel=preload; as=fetch; crossorigin=anonymous`)
}

/** The key is gone from the address before a page can see or bookmark it. */
function redirect(response: ServerResponse, pathname: string, query = new URLSearchParams()): void {
  query.delete('key')
  const rest = query.toString()
  response.writeHead(303, { location: pathname + (rest === '' ? '' : `?${rest}`), 'cache-control': 'no-store' }).end()
}

const peer = ({ request, peerOf: ask }: Exchange): Peer => ask(request.socket)

function health(guard: Guard, challenge: string | null): Health {
  const identity = { name: VIEWER_NAME, version: VERSION } as const
  return challenge === null || challenge.length > 200 ? identity : { ...identity, proof: guard.prove(challenge) }
}
