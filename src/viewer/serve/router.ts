/** Matches a method and a path to a handler; paths may hold `:parameters`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpError } from '../receive/body.ts'

export interface RouteRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
}

/** What a handler answers: a value that is sent as JSON, or nothing when it has answered itself. */
export type Handler = (request: RouteRequest) => unknown

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly handler: Handler
}

export interface Router {
  /** @throws {HttpError} 404 or 405 */
  find(method: string, pathname: string): { handler: Handler; params: Record<string, string> }
}

export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes.map((route) => ({ ...route, segments: route.path.split('/') }))
  return {
    find(method, pathname) {
      const segments = pathname.split('/')
      let allowed: string[] = []
      for (const route of compiled) {
        const params = match(route.segments, segments)
        if (!params) continue
        if (route.method === method || (method === 'HEAD' && route.method === 'GET'))
          return { handler: route.handler, params }
        allowed = [...allowed, route.method]
      }
      if (allowed.length > 0)
        throw new HttpError(405, 'method', `This path answers to ${allowed.join(', ')} only.`, {
          allow: allowed.join(', '),
        })
      throw new HttpError(404, 'no_route', 'There is no such path.')
    },
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!
    if (part.startsWith(':')) params[part.slice(1)] = decode(segment)
    else if (part !== segment) return undefined
  }
  return params
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
