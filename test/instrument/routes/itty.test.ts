/** itty-router, which is not installed here: a factory as it makes them. `npm run test:frameworks` runs the real one. */
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { patchIttyRouter } from '../../../src/instrument/routes/itty.ts'

beforeEach(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterEach(() => context.disable())

type Handler = (request: { url: string }) => unknown
type Entry = [method: string, pattern: RegExp, handlers: Handler[], path: string]
interface Router {
  readonly routes: Entry[]
  get(path: string, ...handlers: Handler[]): Router
  fetch(request: { url: string }): Promise<unknown>
}

const { Router } = patchIttyRouter({
  Router({ routes = [] }: { routes?: Entry[] } = {}): Router {
    const router: Router = {
      routes,
      get(path, ...handlers) {
        routes.push(['GET', new RegExp(`^${path.replace(/:\w+/g, '[^/]+').replace('*', '.*')}$`), handlers, path])
        return router
      },
      async fetch(request) {
        for (const [, pattern, handlers] of routes)
          if (pattern.test(new URL(request.url).pathname))
            for (const handler of handlers) {
              const answer = await handler(request)
              if (answer !== undefined) return answer
            }
        return undefined
      },
    }
    return router
  },
}) as { Router(options?: { routes: Entry[] }): Router }

async function routeOf(router: Router, path: string): Promise<string | undefined> {
  const span = trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 })
  const metadata: RPCMetadata = { type: RPCType.HTTP, span }
  await context.with(setRPCMetadata(ROOT_CONTEXT, metadata), () => router.fetch({ url: `http://shop.test${path}` }))
  return metadata.route
}

test('the handler that answers says its path; one that gives nothing says none', async () => {
  const router = Router()
    .get('*', () => undefined)
    .get('/posts/:id', async ({ url }) => (url.endsWith('1') ? 'post' : undefined))
    .get('/posts/:other', ({ url }) => (url.endsWith('2') ? 'other' : undefined))
  expect(await routeOf(router, '/posts/1')).toBe('/posts/:id')
  expect(await routeOf(router, '/posts/2')).toBe('/posts/:other')
  expect(await routeOf(router, '/posts/3')).toBe(undefined)
  expect(await routeOf(router, '/none')).toBe(undefined)
})

test('a list of routes of the application has what it would have', async () => {
  const routes: Entry[] = []
  const handle = (): string => 'post'
  const router = Router({ routes }).get('/posts/:id', handle)
  expect(await routeOf(router, '/posts/1')).toBe('/posts/:id')
  expect(routes.map(([, , handlers]) => handlers)).toEqual([[handle]])
  expect(router.routes[0]![2]).toEqual([handle])
})
