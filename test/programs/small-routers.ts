/** Routers that stand alone in a server of one's own, or below another framework: a small app of each, and the names that its requests must have. */
import type { Framework } from './frameworks.ts'

const LISTEN = `.listen(Number(process.env.PORT), '127.0.0.1')`
const SERVE = `import { createServer } from 'node:http'\n`

export const SMALL_ROUTERS: readonly Framework[] = [
  {
    name: 'find-my-way',
    packages: ['find-my-way'],
    files: {
      'main.mjs': `${SERVE}import findMyWay from 'find-my-way'\nconst router = findMyWay({ defaultRoute: (q, r) => { r.statusCode = 404; r.end() } })\nconst shared = (q, r) => r.end('s')\nrouter.on(['GET', 'HEAD'], '/posts/:id', async (q, r, params) => { router.find('GET', '/inner/1'); r.end(params.id) })\nrouter.on('GET', '/', (q, r) => r.end('/'))\nrouter.get('/inner/:x', shared)\nrouter.get('/shared/:x', shared)\nrouter.get('/files/*', shared)\nrouter.get('/opt/:x?', (q, r) => r.end())\nrouter.post('/only/:x', shared)\nrouter.get('/v', { constraints: { version: '1.0.0' } }, (q, r) => r.end())\ncreateServer((q, r) => { if (q.url.startsWith('/found')) { const found = router.find(q.method, q.url); return found ? found.handler(q, r) : r.end('none') } router.lookup(q, r) })${LISTEN}\nrouter.get('/found/:x', (q, r) => r.end())\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      'HEAD /posts/caf%C3%A9': 'HEAD /posts/:id',
      '/inner/1': 'GET /inner/:x',
      '/shared/1': 'GET /shared/:x',
      '/files/a/b': 'GET /files/*',
      '/opt': 'GET /opt',
      '/opt/1': 'GET /opt/:x',
      '/only/1': 'GET',
      'POST /only/2': 'POST /only/:x',
      '/found/1': 'GET /found/:x',
      '/none': 'GET',
      '/': 'GET /',
    },
  },
  {
    name: 'find-my-way-compiled',
    packages: ['find-my-way'],
    files: {
      'main.cjs': `const router = require('find-my-way')()\nrouter.on('GET', '/posts/:id', (q, r, params) => r.end(params.id))\nif (router.compile) router.compile()\nrequire('http').createServer((q, r) => router.lookup(q, r))${LISTEN}\n`,
    },
    program: { args: ['main.cjs'], ready: '/favicon.ico' },
    requests: { '/posts/1?a=b': 'GET /posts/:id', '/none': 'GET' },
  },
  {
    name: 'router',
    packages: ['router'],
    files: {
      'main.mjs': `${SERVE}import Router from 'router'\nconst sub = Router({ mergeParams: true }).get('/list/:n', (q, r) => r.end('l'))\nconst router = Router()\nrouter.use((q, r, next) => next())\nrouter.get('/posts/:id', (q, r, next) => (q.params.id === '1' ? r.end('p') : next()))\nrouter.get('/posts/:other', (q, r, next) => (q.params.other === '2' ? r.end('o') : next()))\nrouter.use('/t/:tenant', sub)\nrouter.use('/u/:user', Router().get('/:n', (q, r) => r.end()))\nrouter.route('/things/:x').get((q, r) => r.end()).post((q, r) => r.end())\ncreateServer((q, r) => router(q, r, () => { r.statusCode = 404; r.end() }))${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1': 'GET /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/t/acme/list/1': 'GET /t/:tenant/list/:n',
      '/u/ann/1': 'GET /u/:user/:n',
      'HEAD /things/1': 'HEAD /things/:x',
      'POST /things/2': 'POST /things/:x',
      '/none': 'GET',
    },
  },
  {
    name: 'itty-router',
    packages: ['itty-router', '@whatwg-node/server'],
    files: {
      'main.mjs': `${SERVE}import { AutoRouter, IttyRouter, Router, error, json } from 'itty-router'\nimport { createServerAdapter } from '@whatwg-node/server'\nconst sub = Router({ base: '/sub' }).get('/list/:n', ({ params }) => params)\nconst old = IttyRouter({ base: '/old' }).get('/x/:y', () => new Response('x'))\nconst router = AutoRouter()\nrouter.all('*', () => {}).get('/posts/:id', async ({ params }) => { await router.fetch(new Request('http://shop.test/inner/1')); return params.id === '2' ? undefined : params }).get('/posts/:other', () => ({})).get('/inner/:x', () => ({})).get('/bad/:x', () => error(422)).get('/files/*', () => ({})).get('/deep/:path+', () => ({})).all('/sub/*', sub.fetch).all('/old/*', old.fetch).post('/only/:x', () => ({}))\ncreateServer(createServerAdapter(router.fetch))${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/inner/1': 'GET /inner/:x',
      '/bad/1': 'GET /bad/:x',
      '/files/a/b': 'GET /files/*',
      '/deep/a/b': 'GET /deep/:path+',
      '/sub/list/1': 'GET /sub/list/:n',
      '/old/x/1': 'GET /old/x/:y',
      'POST /only/1': 'POST /only/:x',
      '/none': 'GET',
    },
  },
  {
    name: 'itty-router-cjs',
    packages: ['itty-router'],
    files: {
      'main.cjs': `const { Router } = require('itty-router')\nconst { Router: Own } = require('itty-router/Router')\nconst own = Own({ base: '/own' }).get('/:x', () => new Response('own'))\nconst router = Router().get('/posts/:id', () => new Response('x')).all('/own/*', own.fetch)\nrequire('http').createServer(async (q, r) => { const answer = await router.fetch({ url: 'http://shop.test' + q.url, method: q.method }); r.statusCode = answer?.status ?? 404; r.end(await answer?.text()) })${LISTEN}\n`,
    },
    program: { args: ['main.cjs'], ready: '/favicon.ico' },
    requests: { '/posts/1?a=b': 'GET /posts/:id', '/own/1': 'GET /own/:x', '/none': 'GET' },
  },
  {
    name: 'fets',
    packages: ['fets'],
    files: {
      'main.mjs': `${SERVE}import { createRouter, Response } from 'fets'\nconst sub = createRouter({ base: '/sub' }).route({ method: 'GET', path: '/list/:n', handler: () => Response.json({}) })\nconst router = createRouter({ base: '/api', landingPage: false }).route({ method: 'GET', path: '/posts/:id', handler: async () => { await router.fetch('http://shop.test/api/inner/1'); return Response.json({}) } }).route({ path: '/inner/:x', handler: () => Response.json({}) }).route({ method: 'GET', path: '/plain', handler: () => Response.json({}) }).use(sub)\ncreateServer(router)${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/api/posts/1?a=b': 'GET /api/posts/:id',
      '/api/inner/1': 'GET /api/inner/:x',
      '/api/plain': 'GET /api/plain',
      '/api/sub/list/1': 'GET /api/sub/list/:n',
      '/api/none': 'GET',
      '/none': 'GET',
    },
  },
  {
    name: 'trouter',
    packages: ['trouter'],
    files: {
      'main.mjs': `${SERVE}import { Trouter } from 'trouter'\nconst router = new Trouter().use('/v', (q, r, next) => next()).get('/posts/:id', (q, r, next) => (q.url.endsWith('2') ? next() : r.end('p'))).get('/posts/:other', (q, r) => r.end('o')).all('*', (q, r) => { r.statusCode = 404; r.end() }).get('/v/x', (q, r) => r.end())\ncreateServer((q, r) => { const { handlers } = router.find(q.method, q.url.split('?')[0]); let index = 0; const next = () => handlers[index++]?.(q, r, next) ?? r.end(); next() })${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      'HEAD /posts/3': 'HEAD /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/none': 'GET',
    },
  },
  {
    name: '0http',
    packages: ['0http'],
    files: {
      'main.cjs': `const zero = require('0http')\nconst sequential = require('0http/lib/router/sequential')\nconst deep = sequential().get('/x/:y', (q, r) => r.end())\nconst list = () => sequential().get('/list/:n', (q, r) => r.end('l'))\nconst { router, server } = zero({ defaultRoute: (q, r) => { r.statusCode = 404; r.end() } })\nrouter.use((q, r, next) => next())\nrouter.get('/posts/:id', (q, r, next) => (q.params.id === '2' ? next() : r.end('p')))\nrouter.get('/posts/:other', async (q, r) => r.end('o'))\nrouter.use('/admin', list().use('/deep', deep))\nrouter.use('/t/:tenant', list())\nserver${LISTEN}\n`,
    },
    program: { args: ['main.cjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/admin/list/3': 'GET /admin/list/:n',
      '/admin/deep/x/4': 'GET /admin/deep/x/:y',
      '/t/list/list/5': 'GET /t/:tenant/list/:n',
      '/admin/none': 'GET',
      '/none': 'GET',
    },
  },
  {
    name: 'restana',
    packages: ['restana'],
    files: {
      'main.mjs': `import restana from 'restana'\nconst app = restana()\nconst sub = app.newRouter().get('/list/:n', (q, r) => r.send('l'))\napp.use((q, r, next) => next())\napp.get('/posts/:id', async (q, r) => r.send(q.params.id))\napp.all('/all/*', (q, r) => r.send('a'))\napp.use('/admin', sub)\napp.start(Number(process.env.PORT), '127.0.0.1')\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      '/all/x/y': 'GET /all/*',
      '/admin/list/3': 'GET /admin/list/:n',
      '/none': 'GET',
    },
  },
  {
    name: 'koa-routers',
    packages: ['koa', 'koa-route', 'koa-tree-router', 'koa-mount', '@koa/router'],
    files: {
      'main.mjs': `import Koa from 'koa'\nimport route from 'koa-route'\nimport TreeRouter from 'koa-tree-router'\nimport mount from 'koa-mount'\nimport * as koaRouter from '@koa/router'\nconst Router = koaRouter.Router ?? koaRouter.default\nconst answer = (c) => { c.body = 'ok' }\nconst tree = new TreeRouter().get('/tree/:x', answer)\ntree.newGroup('/group').get('/y/:z', answer)\nconst router = new Router().get('/users/:id', answer)\nconst inner = new Koa().use(mount('/deep', router.routes()))\nnew Koa().use(route.get('/posts/:id', (c, id, next) => (id === '2' ? next() : answer(c)))).use(route.all('/posts/:other', answer)).use(mount('/api', router.routes())).use(mount('/app', inner)).use(mount('/t', tree.routes())).use(mount('/r', route.get('/one/:x', answer))).use(tree.routes())${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      'HEAD /posts/3': 'HEAD /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/api/users/1': 'GET /api/users/:id',
      '/app/deep/users/1': 'GET /app/deep/users/:id',
      '/tree/1': 'GET /tree/:x',
      '/group/y/1': 'GET /group/y/:z',
      '/t/tree/1': 'GET /t/tree/:x',
      '/r/one/1': 'GET /r/one/:x',
      '/none': 'GET',
      '/api/none': 'GET',
    },
  },
  {
    name: 'openapi-backend',
    packages: ['openapi-backend'],
    files: {
      'main.mjs': `${SERVE}import { OpenAPIBackend } from 'openapi-backend'\nconst definition = { openapi: '3.0.0', info: { title: 't', version: '1' }, paths: { '/pets/{id}': { get: { operationId: 'pet', parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }], responses: { 200: { description: 'x' } } } } } }\nconst api = new OpenAPIBackend({ definition, apiRoot: '/v1', handlers: { pet: (c, q, r) => r.end('x'), notFound: (c, q, r) => { r.statusCode = 404; r.end() } } })\nawait api.init()\ncreateServer((q, r) => api.handleRequest({ method: q.method, path: q.url, headers: q.headers }, q, r))${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: { '/v1/pets/1?a=b': 'GET /v1/pets/{id}', '/v1/none': 'GET', '/none': 'GET' },
  },
  {
    name: 'orpc',
    packages: ['@orpc/server', '@orpc/openapi', 'express', 'zod'],
    files: {
      'main.mjs': `import express from 'express'\nimport { os } from '@orpc/server'\nimport { RPCHandler } from '@orpc/server/node'\nimport { OpenAPIHandler } from '@orpc/openapi/node'\nimport { z } from 'zod'\nconst id = z.object({ id: z.string() })\nconst planet = { list: os.route({ method: 'GET', path: '/planets' }).handler(() => []), find: os.route({ method: 'GET', path: '/planets/{id}' }).input(id).handler(({ input }) => input), plain: os.handler(() => ({})) }\nconst lazy = os.prefix('/lazy').lazy(async () => ({ default: { one: os.route({ method: 'GET', path: '/one/{id}' }).input(id).handler(({ input }) => input) } }))\nconst router = { planet, lazy }\nconst serve = (handler, prefix) => async (q, r, next) => { const { matched } = await handler.handle(q, r, { prefix, context: {} }); if (!matched) next() }\nexpress().use(serve(new RPCHandler(router), '/rpc')).use('/api', serve(new OpenAPIHandler(router), '/api/v1'))${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      'POST /rpc/planet/list': 'POST /rpc/planet/list',
      'POST /rpc/none': 'POST',
      '/api/v1/planets': 'GET /api/v1/planets',
      '/api/v1/planets/1?a=b': 'GET /api/v1/planets/{id}',
      '/api/v1/lazy/one/1': 'GET /api/v1/lazy/one/{id}',
      'POST /api/v1/planet/plain': 'POST /api/v1/planet/plain',
      '/none': 'GET',
    },
  },
  {
    name: 'ts-rest',
    packages: ['@ts-rest/core', '@ts-rest/express', '@ts-rest/serverless', 'express', 'zod@3'],
    files: {
      'main.mjs': `import express from 'express'\nimport { initContract } from '@ts-rest/core'\nimport { createExpressEndpoints, initServer } from '@ts-rest/express'\nimport { createFetchHandler, tsr } from '@ts-rest/serverless/fetch'\nimport { z } from 'zod'\nconst contract = initContract().router({ one: { method: 'GET', path: '/posts/:id', responses: { 200: z.any() } } })\nconst one = async () => ({ status: 200, body: {} })\nconst handle = createFetchHandler(contract, tsr.router(contract, { one }), { basePath: '/api' })\nconst app = express()\nconst server = initServer()\ncreateExpressEndpoints(contract, server.router(contract, { one }), app)\napp.use(async (q, r, next) => { if (!q.url.startsWith('/api')) return next(); const answer = await handle(new Request('http://shop.test' + q.url, { method: q.method })); r.status(answer.status).send(await answer.text()) })${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      '/api/posts/1': 'GET /api/posts/:id',
      '/api/none': 'GET',
      '/none': 'GET',
    },
  },
  {
    name: 'hono-presets',
    packages: ['hono', '@hono/node-server', '@hono/zod-openapi', 'zod'],
    files: {
      'main.mjs': `import { Hono } from 'hono/tiny'\nimport { Hono as Quick } from 'hono/quick'\nimport { OpenAPIHono, createRoute, z } from '@hono/zod-openapi'\nimport { serve } from '@hono/node-server'\nconst quick = new Quick().basePath('/q').get('/quick/:x', (c) => c.text('q'))\nconst open = new OpenAPIHono()\nopen.openapi(createRoute({ method: 'get', path: '/pets/{id}', request: { params: z.object({ id: z.string() }) }, responses: { 200: { description: 'x' } } }), (c) => c.text('p'))\nconst app = new Hono().get('/tiny/:x', (c) => c.text('t')).route('/o', open)\nserve({ fetch: (q, e) => (new URL(q.url).pathname.startsWith('/q') ? quick : app).fetch(q, e), port: Number(process.env.PORT), hostname: '127.0.0.1' })\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      'HEAD /tiny/1': 'HEAD /tiny/:x',
      '/q/quick/1': 'GET /q/quick/:x',
      '/o/pets/1': 'GET /o/pets/:id',
      '/none': 'GET',
    },
  },
  {
    name: 'polka-catch-all',
    packages: ['polka@1.0.0-next.28'],
    files: {
      'main.mjs': `import polka from 'polka'\nconst sub = polka().get('/list/:n', (q, r) => r.end('l'))\npolka().use('/admin', sub).get('/posts/:id', (q, r, next) => (q.params.id === '2' ? next() : r.end('p'))).get('/posts/:other', (q, r) => r.end('o')).get('*', (q, r) => r.end('page')).all('*', (q, r) => { r.statusCode = 404; r.end() })${LISTEN}\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      'HEAD /posts/3': 'HEAD /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/admin/list/1': 'GET /admin/list/:n',
      '/any': 'GET /*',
      'POST /any': 'POST',
    },
  },
]
