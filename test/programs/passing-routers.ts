/** Routers whose handlers may pass a request on to nothing, and frameworks that find a route by one function of theirs. */
import type { Framework } from './frameworks.ts'

const LISTEN = `.listen(Number(process.env.PORT), '127.0.0.1')`
/** Passes on what ends with a 2. */
const ROUTES = `const pass = (q, r, next) => (q.url.endsWith('2') ? next() : r.end('p'))\nconst add = (app) => { app.get('/posts/:id', pass); app.get('/two/:x', (q, r, next) => next(), pass); app.get('/err/:x', (q, r, next) => next(new Error('e'))); app.get('/after/:x', (q, r, next) => { r.end(); next() }); app.get('/', (q, r) => r.end('root')); return app }\n`
const PASSED = {
  '/': 'GET /',
  '/posts/1': 'GET /posts/:id',
  '/posts/2': 'GET',
  '/two/1': 'GET /two/:x',
  '/two/2': 'GET',
  '/err/1': 'GET /err/:x',
  '/after/1': 'GET /after/:x',
  '/admin/posts/1': 'GET /admin/posts/:id',
  '/admin/posts/2': 'GET',
  '/admin': 'GET /admin',
  '/admin/': 'GET /admin',
}

const passing = (name: string, packages: readonly string[], app: string): Framework => ({
  name: `passing-${name}`,
  packages,
  files: { 'main.cjs': `${ROUTES}${app}\n` },
  program: { args: ['main.cjs'], ready: '/favicon.ico' },
  requests: PASSED,
})

const total = (name: string, app: string): Framework => ({
  name,
  packages: [name],
  files: { 'main.cjs': app },
  program: { args: ['main.cjs'], ready: '/favicon.ico' },
  requests: { '/posts/1': 'GET /posts/{id}', '/files/a/b': 'GET /files/*', '/none': 'GET' },
})

export const PASSING_ROUTERS: readonly Framework[] = [
  passing(
    'polka',
    ['polka@1.0.0-next.28'],
    `const polka = require('polka')\nadd(polka()).use('/admin', add(polka()))${LISTEN}`,
  ),
  passing(
    'restana',
    ['restana'],
    `const app = add(require('restana')())\napp.use('/admin', add(app.newRouter()))\napp.start(Number(process.env.PORT), '127.0.0.1')`,
  ),
  passing(
    '0http',
    ['0http'],
    `const { router, server } = require('0http')()\nadd(router).use('/admin', add(require('0http/lib/router/sequential')()))\nserver${LISTEN}`,
  ),
  {
    name: 'passing-itty-router',
    packages: ['itty-router', '@whatwg-node/server'],
    files: {
      'main.mjs': `import { createServer } from 'node:http'\nimport { AutoRouter, IttyRouter, error, withParams } from 'itty-router'\nimport { createServerAdapter } from '@whatwg-node/server'\nconst auto = AutoRouter({ base: '/auto' }).get('/p/:id', withParams, ({ id }) => (id === '2' ? null : { id })).get('/err/:x', () => error(404))\nconst router = IttyRouter().all('*', () => {}).get('/posts/:id', async ({ params }) => { if (params.id === '1') return new Response('p') }).get('/posts/:other', ({ params }) => { if (params.other === '2') return new Response('o') }).all('/auto/*', auto.fetch)\ncreateServer(createServerAdapter(async (q) => (await router.fetch(q)) ?? new Response('no', { status: 404 })))${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1': 'GET /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/posts/3': 'GET',
      '/auto/p/1': 'GET /auto/p/:id',
      '/auto/p/2': 'GET /auto/*',
      '/auto/err/1': 'GET /auto/err/:x',
      '/none': 'GET',
    },
  },
  {
    name: 'passing-koa-route',
    packages: ['koa', 'koa-route'],
    files: {
      'main.mjs': `import Koa from 'koa'\nimport route from 'koa-route'\nnew Koa().use(route.get('/onion/:x', async (c, x, next) => { await next(); c.body = 'on' })).use(route.get('/posts/:id', (c, id, next) => (id === '1' ? (c.body = 'p') : next()))).use(route.get('/posts/:other', (c, id, next) => (id === '2' ? (c.body = 'o') : next()))).use(route.get('/unset/:x', () => {})).use(route.all('/late/:x')((c) => { c.body = 'late' })).use((c, next) => { if (c.path !== '/posts/4') return next(); c.body = 'file' })${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/onion/1': 'GET /onion/:x',
      '/posts/1': 'GET /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/posts/3': 'GET',
      '/posts/4': 'GET',
      '/unset/1': 'GET /unset/:x',
      '/late/1': 'GET /late/:x',
    },
  },
  {
    name: 'connect-route',
    packages: ['connect-route', 'connect'],
    files: {
      'main.mjs': `import connect from 'connect'\nimport route from 'connect-route'\nconst routes = (router) => { router.get('/posts/:id', (q, r, next) => (q.params.id === '2' ? setTimeout(next, 5) : r.end('p'))); router.get('/', (q, r) => r.end()) }\nconnect().use(route(routes)).use('/api', route(routes))${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/': 'GET /',
      '/posts/1': 'GET /posts/:id',
      '/posts/2': 'GET',
      '/api/posts/1?a=/b': 'GET /api/posts/:id',
      '/none': 'GET',
    },
  },
  {
    name: 'microrouter',
    packages: ['microrouter@3', 'micro@9'],
    files: {
      'main.cjs': `const { router, get, withNamespace } = require('microrouter')\nconst micro = require('micro')\nconst find = router(withNamespace('/api')(get('/posts/:id', () => 'x'), get('/', () => 'api')), get('/posts/:id', (q) => (q.params.id === '1' ? 'x' : null)), get('/posts/:other', async (q, r) => { if (q.params.other === '2') micro.send(r, 404, 'own') }), get('/', () => 'root'))\nmicro(async (q, r) => (await find(q, r)) ?? (r.headersSent ? undefined : micro.send(r, 404, 'none')))${LISTEN}\n`,
    },
    program: { args: ['main.cjs'], ready: '/favicon.ico' },
    requests: {
      '/': 'GET /',
      '/posts/1': 'GET /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/posts/3': 'GET',
      '/api/posts/1?a=b': 'GET /api/posts/:id',
      '/none': 'GET',
    },
  },
  total(
    'total4',
    `require('total4')\nROUTE('GET /posts/{id}/', function (id) { this.json({ id }) })\nROUTE('GET /files/*', function () { this.json({}) })\nHTTP('release', { ip: '127.0.0.1', port: Number(process.env.PORT) })\n`,
  ),
  total(
    'total5',
    `require('total5')\nTotal.route('GET /posts/{id}/', ($) => $.json($.params))\nTotal.route('GET /files/*', ($) => $.json({}))\nsetTimeout(() => Total.http({ ip: '127.0.0.1', port: Number(process.env.PORT), release: true }), 400)\n`,
  ),
  {
    name: 'marble',
    packages: ['@marblejs/http@4', '@marblejs/core@4', 'rxjs@7', 'fp-ts@2'],
    files: {
      'main.cjs': `const { r, httpListener, createServer, combineRoutes } = require('@marblejs/http')\nconst { map } = require('rxjs/operators')\nconst get = (path, body) => r.pipe(r.matchPath(path), r.matchType('GET'), r.useEffect((asked) => asked.pipe(map(body))))\nconst posts = combineRoutes('/posts', [get('/:id', ({ params }) => ({ body: params })), get('/boom/:x', () => { throw new Error('x') })])\ncreateServer({ port: Number(process.env.PORT), hostname: '127.0.0.1', listener: httpListener({ effects: [posts] }) }).then((start) => start())\n`,
    },
    program: { args: ['main.cjs'], ready: '/favicon.ico' },
    requests: { '/posts/1?a=b': 'GET /posts/:id', '/posts/boom/1': 'GET /posts/boom/:x', '/none': 'GET' },
  },
  {
    name: 'actionhero',
    packages: ['actionhero', 'ioredis-mock'],
    files: {
      'dist/package.json': '{ "type": "commonjs" }',
      'dist/server.js': `const { Process } = require('actionhero')\nconst app = new Process()\napp.registerProcessSignals((code) => process.exit(code))\napp.start()\n`,
      'dist/config/redis.js': `const client = { konstructor: require('ioredis-mock'), args: [{}], buildNew: true }\nexports.DEFAULT = { redis: () => ({ scanCount: 1000, stopTimeout: 1000, _toExpand: false, client, subscriber: client, tasks: client }) }\n`,
      'dist/config/routes.js': `exports.DEFAULT = { routes: () => ({ get: [{ path: '/posts/:id', action: 'status' }] }) }\n`,
    },
    program: { args: ['dist/server.js'], ready: '/api/posts/1' },
    requests: { '/api/posts/1?a=b': 'GET /api/posts/:id', '/api/none': 'GET', '/none': 'GET' },
  },
]
