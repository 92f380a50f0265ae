/** Shapes of generated apps: koa with @koa/router, hapi and fastify. */
import fc from 'fast-check'

export type FrameworkName = 'koa' | 'hapi' | 'fastify'
type Shape = fc.Arbitrary<object>

const list = <T>(one: fc.Arbitrary<T>, maxLength: number, minLength = 0): fc.Arbitrary<T[]> =>
  fc.array(one, { minLength, maxLength })
const seldom = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one })
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined })

/** Twenty requests for an app. */
const requests = (methods: readonly string[], hosts: readonly string[]): fc.Arbitrary<string[]> =>
  list(
    fc
      .tuple(
        fc.constantFrom(...methods),
        list(fc.constantFrom('a', 'a', 'a', 'b', 'b', 'x', 'A', 'x1', 'c', 'a%20b', '7'), 3, 1),
        fc.constantFrom('', '', '', '/', '?q=/a&must=1'),
        fc.constantFrom(...hosts),
      )
      .map(
        ([method, parts, end, host]) =>
          `${method} /${parts.join('/')}${parts.length === 0 && end === '/' ? '' : end} ${host}`,
      ),
    20,
    20,
  )
const appWith = (app: Shape, methods: readonly string[], hosts: readonly string[]): Shape =>
  fc.record({ app, requests: requests(methods, hosts) })

const HOSTS = ['shop.test', 'shop.test', 'shop.test', 'api.test']
const METHODS = ['GET', 'GET', 'GET', 'POST', 'HEAD', 'OPTIONS']

const KOA_PATHS = ['/', '/a', '/b', '/a/b', '/:p', '/:p/:q', '/a/:p', '/x', '/a/{*rest}', '/{*rest}', '/x{/:p}']
const koaLayer = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('route'),
      method: fc.constantFrom('get', 'get', 'post', 'all', 'put'),
      path: fc.constantFrom(...KOA_PATHS),
      handlers: list(
        fc.constantFrom('answer', 'answer', 'next', 'later', 'throw', 'refuse', 'redirect', 'redirect'),
        3,
        1,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('mount'),
      path: maybe(fc.constantFrom('/a', '/b', '/:m', '/x')),
      target: fc.nat({ max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('redirect'),
      path: fc.constantFrom('/a', '/b', '/x'),
      to: fc.constantFrom('/b', '/elsewhere'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('use'),
      path: maybe(fc.constantFrom('/a', '/:p', '/b')),
      does: fc.constantFrom('next', 'next', 'answer', 'throw'),
    }),
  },
)
const koaRouter = fc.record({
  prefix: seldom(fc.constantFrom('/a', '/b', '/:v', '/x')),
  host: seldom(fc.constantFrom('shop.test', 'api.test')),
  layers: list(koaLayer, 6, 1),
})
const koa = fc
  .record({ routers: list(koaRouter, 5, 1), top: fc.integer({ min: 1, max: 2 }), methods: fc.boolean() })
  .map(({ routers, ...rest }) => ({
    ...rest,
    routers: routers.map((router, index) => ({
      ...router,
      layers: router.layers.filter((layer) => layer.type !== 'mount' || (layer as { target: number }).target > index),
    })),
  }))

const HAPI_PATHS = [
  '/',
  '/a',
  '/b',
  '/a/b',
  '/{p}',
  '/{p}/{q}',
  '/a/{p?}',
  '/{p*2}',
  '/{rest*}',
  '/x{p}',
  '/a/{rest*}',
  '/b/{p}/x',
]
const hapiRoute = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', '*', 'OPTIONS'),
  path: fc.constantFrom(...HAPI_PATHS),
  vhost: seldom(fc.constantFrom('shop.test', 'api.test')),
  does: fc.constantFrom('answer', 'answer', 'later', 'throw', 'reject', 'redirect', 'auth', 'pre', 'invalid'),
})
const hapiPlugin = fc.record({
  prefix: fc.constantFrom('/a', '/b', '/v1', '/x/{tenant}'),
  vhost: seldom(fc.constant('shop.test')),
  routes: list(hapiRoute, 4),
  inner: maybe(fc.record({ prefix: fc.constantFrom('/a', '/{in}'), routes: list(hapiRoute, 3) })),
})
const hapi = fc.record({
  isCaseSensitive: fc.boolean(),
  stripSlash: fc.boolean(),
  cors: fc.boolean(),
  routes: list(hapiRoute, 6),
  plugins: list(hapiPlugin, 3),
  extensions: list(
    fc.record({
      event: fc.constantFrom('onRequest', 'onPreAuth', 'onPreHandler', 'onPostHandler'),
      does: fc.constantFrom('continue', 'answer', 'rewrite', 'throw'),
    }),
    2,
  ),
})

const FASTIFY_URLS = ['/', '/a', '/b', '/a/b', '/:p', '/:p/:q', '/a/:p', '/x/*', '*', '/:n(^\\d+$)', '/x-:p']
const fastifyRoute = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', ['GET', 'POST'], 'OPTIONS'),
  url: fc.constantFrom(...FASTIFY_URLS),
  does: fc.constantFrom('answer', 'answer', 'later', 'throw', 'redirect', 'not found', 'hijack'),
  schema: seldom(
    fc.constant({ querystring: { type: 'object', required: ['must'], properties: { must: { type: 'string' } } } }),
  ),
  options: fc.constantFrom(
    ...[{}, {}, {}, { prefixTrailingSlash: 'both' }],
    ...[{ constraints: { host: 'api.test' } }, { constraints: { host: 'shop.test' } }],
  ),
})
const fastifyScope = {
  hooks: list(
    fc.record({
      event: fc.constantFrom('onRequest', 'preParsing', 'preValidation', 'preHandler'),
      does: fc.constantFrom('answer', 'error', 'continue'),
    }),
    2,
  ),
  routes: list(fastifyRoute, 5),
  notFound: fc.boolean(),
  onError: fc.boolean(),
}
const prefix = fc.constantFrom('/a', '/b', '/:v', '/x')
/** Of a prefix there can be one 404 handler. */
const plugins = (scope: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object[]> =>
  fc.uniqueArray(fc.record({ ...scope, prefix }), { maxLength: 2, selector: (one) => one.prefix })
const fastify = fc.record({
  ...fastifyScope,
  options: fc.record({
    routerOptions: fc.record({ caseSensitive: fc.boolean(), ignoreTrailingSlash: fc.boolean() }),
  }),
  exposeHeadRoutes: fc.boolean(),
  plugins: plugins({ ...fastifyScope, plugins: plugins(fastifyScope) }),
})

export function appsOf(name: FrameworkName): Shape {
  return appWith({ koa, hapi, fastify }[name], METHODS, HOSTS)
}
