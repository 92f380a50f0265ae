/** better-call, which is not installed here: its router, as it hands requests to endpoints. */
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { RPCType, setRPCMetadata } from '@opentelemetry/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { patchBetterCall } from '../../../src/instrument/routes/better-call.ts'

beforeEach(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterEach(() => context.disable())

interface Call {
  readonly _flag?: string
  readonly path: string
  readonly request?: { readonly url: string }
}
type Endpoint = ((call: Call) => unknown) & { path?: string }
type Endpoints = Record<string, Endpoint>

interface Router {
  readonly endpoints: Endpoints
  extend(more: Endpoints): Router
  addEndpoint(endpoint: Endpoint): unknown
  handle(index: number, url: string, path: string): unknown
}

/** Adds an endpoint of its own, reads all of them once, and finds them by their place. */
function createRouter(endpoints: Endpoints, config: { readonly isOpen: boolean }): Router {
  if (config.isOpen) endpoints['openapi'] = endpointOf('/api/reference')
  const known = Object.values(endpoints)
  return {
    endpoints,
    extend: (more: Endpoints): Router => createRouter({ ...endpoints, ...more }, config),
    addEndpoint: (endpoint: Endpoint) => known.push(endpoint),
    handle: (index: number, url: string, path: string) => known[index]?.({ _flag: 'router', path, request: { url } }),
  }
}
const exported = patchBetterCall({ createRouter }) as { readonly createRouter: typeof createRouter }
const endpointOf = (path: string): Endpoint => Object.assign(({ path: own }: Call) => `answered ${own}`, { path })

function routeOf(run: () => unknown, said?: string): string | undefined {
  const span = trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 })
  const metadata = { type: RPCType.HTTP as const, span, ...(said !== undefined && { route: said }) }
  context.with(setRPCMetadata(ROOT_CONTEXT, metadata), run)
  return (metadata as { route?: string }).route
}

test('the endpoint that a request is handed to says its path, below the base path', () => {
  const router = exported.createRouter({ item: endpointOf('/items/:id') }, { isOpen: true })
  const handle = (index: number, path: string) => router.handle(index, `http://x/api${path}?a=/items/9`, path)
  expect(routeOf(() => expect(handle(0, '/items/1')).toBe('answered /items/1'))).toBe('/api/items/:id')
  expect(routeOf(() => handle(1, '/api/reference'), '/api/*')).toBe('/api/api/reference')
  router.addEndpoint(endpointOf('/late'))
  expect(routeOf(() => handle(2, '/late'))).toBe('/api/late')
  const extended = router.extend({ more: endpointOf('/more') })
  extended.addEndpoint(endpointOf('/later'))
  for (const [index, path] of ['/items/:id', '/api/reference', '/more', '/later'].entries())
    expect(routeOf(() => extended.handle(index, `http://x${path}`, path))).toBe(path)
})

test('an endpoint that the application calls says nothing', () => {
  const endpoints = { item: endpointOf('/items/:id') }
  const router = exported.createRouter(endpoints, { isOpen: false })
  const call = { path: '/items/1', request: { url: 'http://x/items/1' } }
  expect(routeOf(() => router.endpoints['item']?.(call), '/posts/:id')).toBe('/posts/:id')
})

test('endpoints stay those of the application', () => {
  const item = endpointOf('/items/:id')
  const endpoints: Endpoints = { item }
  const router = exported.createRouter(endpoints, { isOpen: true })
  expect(router.endpoints).toBe(endpoints)
  expect(endpoints['item']).toBe(item)
  expect(Object.keys(endpoints)).toEqual(['item', 'openapi'])
  const frozen = exported.createRouter(Object.freeze({ item }), { isOpen: false })
  expect(frozen.handle(0, 'http://x/items/1', '/items/1')).toBe('answered /items/1')
  expect(() => exported.createRouter(Object.freeze({ item }), { isOpen: true })).toThrow(TypeError)
})
