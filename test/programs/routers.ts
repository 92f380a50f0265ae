/** Frameworks with a router of their own, which need no build: a small app of each, and the names that its requests must have. */
import type { Framework } from './frameworks.ts'

const FEATHERS = `import { feathers } from '@feathersjs/feathers'\nclass Posts { async find() { return [] } async get(id) { return { id } } }\n`

export const ROUTERS: readonly Framework[] = [
  {
    name: 'feathers-koa',
    packages: ['@feathersjs/feathers', '@feathersjs/koa'],
    files: {
      'main.mjs': `${FEATHERS}import { bodyParser, errorHandler, koa, rest } from '@feathersjs/koa'\nconst app = koa(feathers()).use(errorHandler()).use(bodyParser()).configure(rest())\napp.use('/users/:user/posts', new Posts())\nawait app.listen(Number(process.env.PORT))\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/users/1/posts': 'GET /users/:user/posts',
      '/users/1/posts/2': 'GET /users/:user/posts/:id',
      '/none': 'GET',
    },
  },
  {
    name: 'feathers-express',
    packages: ['@feathersjs/feathers', '@feathersjs/express'],
    files: {
      'main.mjs': `${FEATHERS}import express, { errorHandler, json, notFound, rest } from '@feathersjs/express'\nconst app = express(feathers()).use(json()).configure(rest())\napp.get('/plain/:x', (q, r) => r.end('x'))\napp.use('/users/:user/posts', new Posts())\napp.use(notFound()).use(errorHandler({ logger: false }))\nawait app.listen(Number(process.env.PORT))\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/users/1/posts': 'GET /users/:user/posts',
      '/users/1/posts/2': 'GET /users/:user/posts/:id',
      '/plain/3': 'GET /plain/:x',
      '/none': 'GET',
    },
  },
  {
    name: 'loopback',
    packages: ['@loopback/rest', '@loopback/core', '@loopback/repository'],
    files: {
      'main.mjs': `import rest from '@loopback/rest'\nclass Posts { one(id) { return { id } } }\nrest.param.path.number('id')(Posts.prototype, 'one', 0)\nrest.get('/posts/{id}')(Posts.prototype, 'one', Object.getOwnPropertyDescriptor(Posts.prototype, 'one'))\nconst app = new rest.RestApplication({ rest: { port: Number(process.env.PORT), host: '127.0.0.1', basePath: '/api' } })\napp.controller(Posts)\napp.redirect('/old', '/posts/1')\nawait app.start()\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/api/posts/1': 'GET /api/posts/{id}',
      '/api/posts/x': 'GET /api/posts/{id}',
      '/api/old': 'GET /api/old',
      '/none': 'GET',
    },
  },
  {
    name: 'moleculer-web',
    packages: ['moleculer-web', 'moleculer'],
    files: {
      'main.mjs': `import { ServiceBroker } from 'moleculer'\nimport ApiService from 'moleculer-web'\nconst broker = new ServiceBroker({ logger: false })\nbroker.createService({ mixins: [ApiService], settings: { port: Number(process.env.PORT), ip: '127.0.0.1', routes: [{ path: '/api', aliases: { 'REST posts': 'posts' }, mappingPolicy: 'all' }] } })\nbroker.createService({ name: 'posts', actions: { list: () => [], get: (c) => c.params, deep: () => 'x' } })\nawait broker.start()\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/api/posts': 'GET /api/posts',
      '/api/posts/1': 'GET /api/posts/:id',
      '/api/~node/health': 'GET /api/~node/health',
      '/api/none': 'GET',
      '/none': 'GET',
    },
  },
  {
    name: 'elysia',
    packages: ['elysia', '@elysiajs/node', '@sinclair/typebox', 'exact-mirror', 'file-type', 'openapi-types'],
    files: {
      'main.mjs': `import { Elysia } from 'elysia'\nimport { node } from '@elysiajs/node'\nnew Elysia({ adapter: node() }).get('/posts/:id', ({ params }) => params).get('/list', () => 'x').get('/boom', () => { throw new Error('no') }).get('/files/*', () => 'x').group('/v1', (app) => app.get('/items/:item', () => 'x')).listen(Number(process.env.PORT))\n`,
    },
    program: { args: ['main.mjs'], ready: '/list?ready' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      '/posts/1/': 'GET /posts/:id',
      '/list': 'GET /list',
      '/files/a/b': 'GET /files/*',
      '/v1/items/2': 'GET /v1/items/:item',
      '/none': 'GET',
    },
  },
  {
    name: 'adonis',
    packages: ['@adonisjs/http-server', '@adonisjs/core'],
    files: {
      'main.mjs': `import { ServerFactory } from '@adonisjs/http-server/factories'\nimport { AppFactory } from '@adonisjs/application/factories'\nimport { LoggerFactory } from '@adonisjs/logger/factories'\nimport { createServer } from 'node:http'\nconst app = new AppFactory().create(new URL('./', import.meta.url), () => {})\nawait app.init()\nconst server = new ServerFactory().merge({ app, logger: new LoggerFactory().merge({ enabled: false }).create() }).create()\nserver.errorHandler(async () => ({ default: class { handle(error, { response }) { response.status(error.status ?? 500).send('no') } report() {} } }))\nserver.use([])\nconst router = server.getRouter()\nrouter.get('/posts/:id', () => 'x')\nrouter.group(() => router.get('/items/:item?', () => 'x')).prefix('/v1')\nawait server.boot()\ncreateServer(server.handle.bind(server)).listen(Number(process.env.PORT))\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: { '/posts/1': 'GET /posts/:id', '/v1/items': 'GET /v1/items/:item?', '/none': 'GET' },
  },
  {
    name: 'egg',
    packages: ['egg'],
    files: {
      'package.json': '{"private":true,"name":"app"}',
      'main.js': `require('egg').start({ baseDir: __dirname, mode: 'single' }).then((app) => app.listen(Number(process.env.PORT)))\n`,
      'app/router.js': `module.exports = ({ router, controller }) => { router.get('/posts/:id', controller.posts.one); router.redirect('/old', '/posts/1') }\n`,
      'app/controller/posts.js': `const { Controller } = require('egg')\nmodule.exports = class extends Controller { async one() { this.ctx.body = this.ctx.params.id } }\n`,
      'config/config.default.js': `exports.keys = 'key'\nexports.logger = { level: 'NONE', consoleLevel: 'NONE' }\n`,
    },
    program: { args: ['main.js'], ready: '/favicon.ico' },
    requests: { '/posts/1': 'GET /posts/:id', '/old': 'GET /old', '/none': 'GET' },
  },
  {
    name: 'tinyhttp',
    packages: ['@tinyhttp/app'],
    files: {
      'main.mjs': `import { App } from '@tinyhttp/app'\nconst deep = new App().get('/x/:y', (q, r) => r.send('x'))\nconst sub = new App().get('/list/:n', (q, r) => r.send('l')).use('/deep', deep)\nconst app = new App().use((q, r, next) => next()).get('/posts/:id', (q, r, next) => (q.params.id === '2' ? next() : r.send('p'))).get('/posts/:other', async (q, r) => r.send('o')).use('/admin', sub)\napp.listen(Number(process.env.PORT), () => {}, '127.0.0.1')\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      '/posts/2': 'GET /posts/:other',
      '/admin/list/3': 'GET /admin/list/:n',
      '/admin/deep/x/4': 'GET /admin/deep/x/:y',
      '/none': 'GET',
    },
  },
  {
    name: 'h3-1',
    packages: ['h3@1'],
    files: {
      'main.mjs': `import { createServer } from 'node:http'\nimport { createApp, createError, createRouter, eventHandler, lazyEventHandler, toNodeListener, useBase } from 'h3'\nconst answer = eventHandler(() => 'ok')\nconst sub = createRouter().get('/list/:n', answer)\nconst router = createRouter().get('/posts/:id', answer).get('/bad/:b', eventHandler(() => { throw createError({ statusCode: 422 }) })).use('/admin/**', useBase('/admin', sub.handler)).use('/lazy/**', lazyEventHandler(async () => { await 1; return useBase('/lazy', sub.handler) }))\ncreateServer(toNodeListener(createApp().use('/api', createRouter().get('/things/:t', answer).handler).use(router))).listen(Number(process.env.PORT), '127.0.0.1')\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      '/bad/1': 'GET /bad/:b',
      '/admin/list/2': 'GET /admin/list/:n',
      '/lazy/list/3': 'GET /lazy/list/:n',
      '/api/things/caf%C3%A9': 'GET /api/things/:t',
      '/none': 'GET',
    },
  },
  {
    name: 'vue-router',
    packages: ['vue-router', 'vue', 'express'],
    files: {
      'main.mjs': `import express from 'express'\nimport { createMemoryHistory, createRouter } from 'vue-router'\nconst page = { template: '<p/>' }\nconst routes = [{ path: '/', component: page }, { path: '/posts/:id()', component: page, children: [{ path: 'edit', component: page }] }, { path: '/old', redirect: '/posts/1' }]\nconst app = express()\napp.get('/api/:x', (q, r) => r.send('x'))\napp.use(async (q, r) => { const router = createRouter({ history: createMemoryHistory(), routes }); await router.push(q.url); r.send('page') })\napp.listen(Number(process.env.PORT), '127.0.0.1')\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/': 'GET /',
      '/posts/1?a=b': 'GET /posts/:id',
      '/posts/1/edit': 'GET /posts/:id/edit',
      '/api/2': 'GET /api/:x',
    },
  },
  {
    name: 'midway',
    packages: ['@midwayjs/koa', '@midwayjs/core', '@midwayjs/bootstrap', '@midwayjs/logger', 'reflect-metadata'],
    files: {
      'main.cjs': `require('reflect-metadata')\nconst { Bootstrap } = require('@midwayjs/bootstrap')\nconst { Configuration, Controller, Get } = require('@midwayjs/core')\nclass Users { async one() { return {} } }\nGet('/:id')(Users.prototype, 'one', Object.getOwnPropertyDescriptor(Users.prototype, 'one'))\nController('/users')(Users)\nclass Main {}\nconst logger = { default: { level: 'none', transports: { file: false, error: false } } }\nconst own = { keys: 'x', koa: { port: Number(process.env.PORT), hostname: '127.0.0.1' }, midwayLogger: logger }\nConfiguration({ imports: [require('@midwayjs/koa')], importConfigs: [{ default: own }] })(Main)\nBootstrap.configure({ imports: [{ Main, Users }], moduleDetector: false }).run()\n`,
    },
    program: { args: ['main.cjs'], ready: '/favicon.ico' },
    requests: { '/users/1': 'GET /users/:id', '/none': 'GET' },
  },
  {
    name: 'sails',
    packages: ['sails'],
    files: {
      'api/controllers/thing.js': `module.exports = (q, r) => r.send('t')\n`,
      'package.json': '{"private":true,"name":"app"}',
      'main.cjs': `const { Sails } = require('sails')\nconst routes = { 'GET /posts/:id': (q, r) => r.send('p'), 'GET /n/:x': (q, r, next) => next(), '/n/:y': (q, r) => r.send('y'), 'GET /act/:id': { action: 'thing' }, 'GET /red': '/posts/1', 'GET /wild/*': (q, r) => r.send('w') }\nnew Sails().lift({ appPath: __dirname, port: Number(process.env.PORT), hooks: { grunt: false, session: false }, log: { level: 'silent' }, globals: false, environment: 'development', routes }, (e) => { if (e) throw e })\n`,
    },
    program: { args: ['main.cjs'], ready: '/favicon.ico' },
    requests: {
      '/posts/1?a=b': 'GET /posts/:id',
      'HEAD /posts/2': 'HEAD /posts/:id',
      '/n/1': 'GET /n/:y',
      '/act/1': 'GET /act/:id',
      '/red': 'GET /red',
      '/wild/a/b': 'GET /wild/*',
      // all requests come to it by this route of Express
      '/none': 'GET /*',
    },
  },
  {
    name: 'better-auth',
    packages: ['better-auth', 'express'],
    files: {
      'main.mjs': `import express from 'express'\nimport { betterAuth } from 'better-auth'\nimport { memoryAdapter } from 'better-auth/adapters/memory'\nimport { toNodeHandler } from 'better-auth/node'\nconst auth = betterAuth({ baseURL: 'http://127.0.0.1:' + process.env.PORT, secret: 'x'.repeat(40), database: memoryAdapter({ user: [], session: [], account: [], verification: [] }), emailAndPassword: { enabled: true }, telemetry: { enabled: false }, logger: { disabled: true } })\nconst app = express().all('/api/auth/*splat', toNodeHandler(auth)).get('/me/:id', async (q, r) => r.json(await auth.api.getSession({ headers: new Headers(q.headers) })))\napp.listen(Number(process.env.PORT), '127.0.0.1')\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/api/auth/get-session?a=b': 'GET /api/auth/get-session',
      '/api/auth/callback/github': 'GET /api/auth/callback/:id',
      '/api/auth/none': 'GET /api/auth/*splat',
      '/me/1': 'GET /me/:id',
    },
  },
  {
    name: 'colyseus',
    packages: ['@colyseus/core', '@colyseus/ws-transport', '@colyseus/schema', 'express@5'],
    files: {
      'main.mjs': `import { createServer } from 'node:http'\nimport { createEndpoint, createRouter, Server } from '@colyseus/core'\nimport { WebSocketTransport } from '@colyseus/ws-transport'\nimport express from 'express'\nconst things = createEndpoint('/things/:t', { method: 'GET' }, async ({ params }) => params)\nconst server = createServer(express().get('/posts/:id', (q, r) => r.send('p')))\nconst game = new Server({ greet: false, transport: new WebSocketTransport({ server }) })\ngame.router = createRouter({ things })\nawait game.listen(Number(process.env.PORT))\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: {
      '/things/1': 'GET /things/:t',
      '/posts/2': 'GET /posts/:id',
      '/__healthcheck': 'GET /__healthcheck',
      '/none': 'GET',
    },
  },
]
