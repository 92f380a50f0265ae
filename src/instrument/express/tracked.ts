/** How far into the app each request is. */
import type { ServerResponse } from 'node:http'
import { LayerPath } from './layer-path.ts'

const PATH = Symbol('uptrace-node.path')

export interface Request {
  originalUrl: string
  /** Set once a route was reached. */
  readonly route?: unknown
  [PATH]?: LayerPath
}
export type Response = ServerResponse
export type Next = (error?: unknown) => void

/** Whether a layer has said where the request is. */
export const isTracked = (request: Request): boolean => request[PATH] !== undefined

/** What the request is in, and `own` below it. */
export function look(request: Request, own: string | undefined): LayerPath {
  if (request[PATH] === undefined) request[PATH] = LayerPath.NONE
  const outer = request[PATH]
  return own === undefined ? outer : outer.enter(own)
}

/** Likewise, and the request stays there. */
export function enter(request: Request, own: string | undefined): LayerPath {
  const here = look(request, own)
  request[PATH] = here
  return here
}

export function leave(request: Request): void {
  request[PATH] = request[PATH]?.leave()
}
