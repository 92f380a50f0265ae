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
]
