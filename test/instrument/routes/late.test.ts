/** An app that was made before telemetry was configured: its requests are named by what the framework leaves on them. */
import { expect, test } from 'vitest'
import { seeQuiet } from '../support.ts'

interface Case {
  readonly app: string
  readonly requests: Readonly<Record<string, string>>
  readonly aliases?: Record<string, string>
}
const EXPRESS: Case = {
  app: `const express = require('express'); const app = express(); const users = express.Router(); const orders = express.Router(); users.get('/:id', (q, r, next) => next()); orders.get('/orders/:n', (q, r) => r.end()); app.use('/api', users); app.use('/api', orders); const sub = express(); sub.get('/list/:n', (q, r) => r.end()); app.use('/admin', sub); app.use('/t/:tenant', express.Router({ mergeParams: true }).get('/x', (q, r) => r.end())); app.get('/last', (q, r) => r.end()); const listen = (done) => { const server = app.listen(0, () => done(server)) }`,
  requests: {
    '/api/orders/1': 'GET /api/orders/:n',
    '/api/7': 'GET /api/:id',
    '/admin/list/1': 'GET /admin/list/:n',
    '/t/acme/x': 'GET /t/:tenant/x',
    '/last': 'GET /last',
    '/none': 'GET',
  },
}
const CASES: Readonly<Record<string, Case>> = {
  'express 5': EXPRESS,
  'express 4': { ...EXPRESS, aliases: { express: 'express-4' } },
  koa: {
    app: `const Koa = require('koa'); const { Router } = require('@koa/router'); const inner = new Router(); inner.get('/:id', (c) => { c.body = 'ok' }); const router = new Router({ prefix: '/api' }); router.use('/users', inner.routes()); router.get('/status', (c) => { c.body = 'ok' }); const app = new Koa(); app.use(router.routes()); const listen = (done) => { const server = app.listen(0, () => done(server)) }`,
    requests: { '/api/users/1': 'GET /api/users/:id', '/api/status': 'GET /api/status', '/none': 'GET' },
  },
  hapi: {
    app: `const hapi = require('@hapi/hapi'); const app = hapi.server({ port: 0, host: '127.0.0.1' }); app.route({ method: 'GET', path: '/posts/{id}', handler: () => 'ok' }); app.route({ method: 'GET', path: '/a', handler: () => { throw new Error('no') } }); const listen = (done) => app.start().then(() => done(app.listener))`,
    requests: { '/posts/1': 'GET /posts/{id}', '/a': 'GET /a', '/none': 'GET' },
  },
  fastify: {
    app: `const app = require('fastify')(); app.get('/posts/:id', async () => 'ok'); app.register(async (inner) => { inner.get('/list/:n', async () => 'ok') }, { prefix: '/v1' }); const listen = (done) => app.listen({ port: 0, host: '127.0.0.1' }).then(() => done(app.server))`,
    requests: { '/posts/1': 'GET /posts/:id', '/v1/list/2': 'GET /v1/list/:n', '/none': 'GET' },
  },
}

const all = Object.entries(CASES).flatMap(([name, one]) =>
  ['before', 'after'].map((moment) => [name, moment, one] as const),
)

test.for(all)('%s, made %s configure', async ([, moment, { app, requests, aliases }]) => {
  const order = moment === 'before' ? `${app}; configure()` : `configure(); ${app}`
  const work = `${order}; const http = require('http'); listen(async (server) => { for (const path of ${JSON.stringify(Object.keys(requests))}) await new Promise((resolve) => http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().on('end', resolve))); await pause(50); process.exit(0) })`
  const { spans } = await seeQuiet('cjs', work, { aliases: aliases ?? {}, flags: ['--no-deprecation'] })
  expect(spans.filter(({ kind }) => kind === 1).map(({ name }) => name)).toEqual(Object.values(requests))
})

const HONO = `const app = new Hono(); app.use(async (c, next) => { await next() }); app.use('/v1/*', async (c, next) => next()); app.get('/posts/:id', (c) => c.text('ok')); const v1 = new Hono(); v1.get('/list/:n', (c) => c.text('ok')); v1.all('/all/:x', (c) => c.text('ok')); app.route('/v1', v1); const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })`
const H3 = `const app = new H3(); app.get('/posts/:id', () => 'ok'); app.use('/v1/**', () => {}); app.get('/v1/list/:n', () => 'ok'); const server = require('http').createServer(toNodeHandler(app)).listen(0, '127.0.0.1')`
const MODERN: ReadonlyArray<readonly [string, 'cjs' | 'mjs', string, string, Record<string, string>]> = [
  [
    'hono',
    'mjs',
    `const { Hono } = await import('hono'); const { serve } = await import('@hono/node-server')`,
    HONO,
    { '/posts/1': 'GET /posts/:id', '/v1/list/2': 'GET /v1/list/:n', '/v1/all/3': 'GET /v1/all/:x', '/none': 'GET' },
  ],
  [
    'hono',
    'cjs',
    `const { Hono } = require('hono'); const { serve } = require('@hono/node-server')`,
    HONO,
    { '/posts/1': 'GET /posts/:id', '/v1/list/2': 'GET /v1/list/:n', '/none': 'GET' },
  ],
  [
    'h3',
    'mjs',
    `const { H3, toNodeHandler } = await import('h3')`,
    H3,
    { '/posts/1': 'GET /posts/:id', '/v1/list/2': 'GET /v1/list/:n', '/none': 'GET' },
  ],
  [
    'restify',
    'cjs',
    `const restify = require('restify')`,
    `const server = restify.createServer(); server.use((q, r, n) => n()); server.get('/posts/:id', (q, r, n) => { r.send('ok'); n() }); server.get('/v1/list/:n', async (q, r) => { r.send('ok') }); server.listen(0, '127.0.0.1')`,
    { '/posts/1': 'GET /posts/:id', '/v1/list/2': 'GET /v1/list/:n', '/none': 'GET' },
  ],
]
test.for(MODERN)(
  '%s, %s: requests are named by their routes, and nothing is said',
  async ([, kind, load, app, requests]) => {
    const work = `configure(); (async () => { ${load}; ${app}; const http = require('http'); if (!server.listening && !server.address()) await new Promise((resolve) => server.once('listening', resolve)); for (const path of ${JSON.stringify(Object.keys(requests))}) await new Promise((resolve) => http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().on('end', resolve))); await pause(50); process.exit(0) })()`
    const { spans } = await seeQuiet(kind, work, { flags: ['--no-deprecation'] })
    expect(spans.filter(({ kind: own }) => own === 1).map(({ name }) => name)).toEqual(Object.values(requests))
  },
)
