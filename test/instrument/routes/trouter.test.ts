/** Trouter 4, which is not installed here: a router as it makes it. `npm run test:frameworks` runs the real one. */
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { patchTrouter, watchRouters } from '../../../src/instrument/routes/trouter.ts'

beforeEach(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterEach(() => context.disable())

type Handler = (request: object) => unknown
interface Entry {
  readonly method: string
  readonly pattern: RegExp
  readonly handlers: readonly Handler[]
}

function createClass(): new () => {
  routes: Entry[]
  add(method: string, path: string, ...handlers: Handler[]): void
  find(method: string, path: string): { handlers: Handler[] }
} {
  return class Trouter {
    routes: Entry[] = []
    add(method: string, path: string, ...handlers: Handler[]): void {
      this.routes.push({ method, pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`), handlers })
    }
    use(): void {}
    find(method: string, path: string): { handlers: Handler[] } {
      const found = this.routes.filter((one) => ['', method].includes(one.method) && one.pattern.test(path))
      return { handlers: found.flatMap(({ handlers }) => handlers) }
    }
  }
}

function routeWhile(run: () => void): string | undefined {
  const span = trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 })
  const metadata: RPCMetadata = { type: RPCType.HTTP, span }
  context.with(setRPCMetadata(ROOT_CONTEXT, metadata), run)
  return metadata.route
}

test('the handler that is entered last says its path, not the last that was found', () => {
  const Trouter = createClass()
  patchTrouter({ Trouter })
  const router = new Trouter()
  router.add('GET', '/posts/:id', () => 'one')
  router.add('GET', '/posts/:other', () => 'other')
  const enter = (count: number) => () => {
    const { handlers } = router.find('GET', '/posts/1')
    expect(handlers.slice(0, count).map((handle) => handle({ url: '/posts/1' }))).toEqual(
      ['one', 'other'].slice(0, count),
    )
  }
  expect(routeWhile(enter(1))).toBe('/posts/:id')
  expect(routeWhile(enter(2))).toBe('/posts/:other')
  router.add('GET', '/late', () => 'late')
  expect(routeWhile(() => router.find('GET', '/late').handlers[0]!({ url: '/late' }))).toBe('/late')
})

test('outside of requests handlers are those that were given, and the list of routes always is', () => {
  const Trouter = createClass()
  patchTrouter({ Trouter })
  const router = new Trouter()
  const handle = (): void => {}
  router.add('GET', '/posts/:id', handle)
  expect(router.find('GET', '/posts/1').handlers).toEqual([handle])
  routeWhile(() => router.find('GET', '/posts/1'))
  expect(router.routes[0]!.handlers).toEqual([handle])
  expect(Object.keys(router)).toEqual(['routes'])
})

test('one that inherits says its paths in its own way', () => {
  const Trouter = createClass()
  patchTrouter({ Trouter })
  const said: string[] = []
  const Own = class extends Trouter {}
  watchRouters(Own.prototype, (path) => said.push(path))
  const router = new Own()
  router.add('GET', '/list', () => {})
  expect(routeWhile(() => router.find('GET', '/list').handlers[0]!({ url: '/list' }))).toBe(undefined)
  expect(said).toEqual(['/list'])
})

test('a handler that passes the request on says nothing, unless it has answered or there is an error', () => {
  const Trouter = createClass()
  patchTrouter({ Trouter })
  const router = new Trouter()
  router.add('GET', '/posts/:id', ((_request: object, _response: object, next: (...args: unknown[]) => void) =>
    next(...given)) as Handler)
  let given: unknown[] = []
  const routeOf = (headersSent: boolean, ...args: unknown[]): string | undefined => {
    given = args
    return routeWhile(() => {
      const { handlers } = router.find('GET', '/posts/1')
      const handle = handlers[0] as (...args: unknown[]) => unknown
      const called: unknown[][] = []
      handle({ url: '/posts/1' }, { headersSent }, (...args: unknown[]) => called.push(args))
      expect(called).toEqual([given])
    })
  }
  expect(routeOf(false)).toBe(undefined)
  expect(routeOf(false, undefined)).toBe(undefined)
  expect(routeOf(true)).toBe('/posts/:id')
  expect(routeOf(false, new Error('no'))).toBe('/posts/:id')
  expect(routeOf(false, null, 'result')).toBe('/posts/:id')
})
