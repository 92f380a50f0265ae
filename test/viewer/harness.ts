/** Starts a real viewer server for a test and talks to it over HTTP. */
import { createApi } from '../../src/viewer/serve/routes.ts'
import { startServer, type ViewerServer } from '../../src/viewer/serve/server.ts'
import type { ServerOptions } from '../../src/viewer/serve/server-options.ts'

export interface Harness {
  readonly server: ViewerServer
  send(path: string, body: unknown): Promise<Response>
  get<T>(path: string): Promise<T>
  fetch(path: string, init?: RequestInit): Promise<Response>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startHarness(options: ServerOptions = {}): Promise<Harness> {
  const server = await startServer(createApi, options)
  const request = (path: string, init: RequestInit = {}) =>
    fetch(server.url + path, {
      ...init,
      headers: { authorization: `Bearer ${server.token}`, ...(init.headers as Record<string, string>) },
    })
  return {
    server,
    fetch: request,
    async send(path, body) {
      const response = await request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return response
    },
    async get<T>(path: string) {
      const response = await request(path)
      const text = await response.text()
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
      return JSON.parse(text) as T
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** Waits until a check gives something. */
export async function eventually<T>(check: () => T | undefined | Promise<T | undefined>, millis = 8000): Promise<T> {
  const deadline = Date.now() + millis
  for (;;) {
    const value = await check()
    if (value !== undefined) return value
    if (Date.now() > deadline) throw new Error('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
