/** Writes JSON answers: results, refusals and errors. */
import type { ServerResponse } from 'node:http'
import { dropRest, HttpError } from '../receive/body.ts'
import { isFull } from '../store/database.ts'
import type { Refusal } from './security.ts'

export function sendJson(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', body.length)
  response.setHeader('cache-control', 'no-store')
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

export function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  fail(response, new HttpError(status, code, message))
}

const DISK_FULL = new HttpError(
  507,
  'disk_full',
  'The disk of the viewer is full, and even to delete needs room: make some, or end the viewer and delete its file.',
)
const internal = (error: unknown): HttpError => new HttpError(500, 'internal', (error as Error).message)

export function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const known = error instanceof HttpError ? error : isFull(error) ? DISK_FULL : internal(error)
  const { allow, retryAfterSeconds, ...details } = known.details
  if (allow !== undefined) response.setHeader('allow', String(allow))
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds))
  response.statusCode = known.status
  dropRest(response.req, response)
  sendJson(response, { error: { code: known.code, message: known.message, ...details } })
}
