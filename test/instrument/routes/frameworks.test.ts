/** Frameworks that have a router, procedures or operations of their own: one server span a request, named by what they say. */
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { patchPolka } from '../../../src/instrument/routes/polka.ts'
import { type SeenSpan, seeQuiet } from '../support.ts'

const ASK = `const ask = async (server, paths) => { if (!server.address()) await new Promise((resolve) => server.once('listening', resolve)); for (const path of paths) await new Promise((resolve) => require('http').get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().on('end', resolve))); await pause(50); process.exit(0) }`

const servers = (spans: readonly SeenSpan[]): string[] => spans.filter(({ kind }) => kind === 1).map(({ name }) => name)

test.for(['cjs', 'mjs'] as const)('polka, %s: patterns, also of a mounted app', async (kind) => {
  const load = kind === 'cjs' ? `require('polka')` : `(await import('polka')).default`
  const { spans } = await seeQuiet(
    kind,
    `configure(); (async () => { ${ASK}; const polka = ${load}; const sub = polka().get('/list/:n', (q, r) => r.end()); const app = polka().use((q, r, next) => next()).get('/posts/:id', (q, r) => r.end()).get('/', (q, r) => r.end()).use('/admin', sub); app.listen(0, '127.0.0.1'); await ask(app.server, ['/posts/1?a=b', '/', '/admin/list/2', '/none']) })()`,
  )
  expect(servers(spans)).toEqual(['GET /posts/:id', 'GET /', 'GET /admin/list/:n', 'GET'])
})

test('polka: another patch of the same copy leaves it as it is', () => {
  const polka = createRequire(import.meta.url)('polka') as () => object
  const prototype = Object.getPrototypeOf(polka()) as Record<string, (...args: unknown[]) => unknown>
  const before = { add: prototype['add']!.length, find: prototype['find']!.length }
  patchPolka({ default: polka })
  const { add, find } = prototype
  patchPolka({ default: polka })
  expect({ add: prototype['add'], find: prototype['find'] }).toEqual({ add, find })
  expect({ add: add!.length, find: find!.length }).toEqual(before)
})

const BUILD = `const module = { default: () => null }; const build = {
  basename: '/', ssr: true, future: {}, isSpaMode: false, prerender: [], publicPath: '/', assetsBuildDirectory: '', routeDiscovery: { mode: 'initial' }, assets: { routes: {}, entry: { imports: [], module: '' }, url: '', version: '1' },
  entry: { module: { default: (request, status) => new Response('page', { status }), handleError() {} } },
  routes: { root: { id: 'root', path: '', module }, home: { id: 'home', parentId: 'root', index: true, module }, post: { id: 'post', parentId: 'root', path: 'posts/:id', module: { ...module, loader: ({ params }) => params } }, file: { id: 'file', parentId: 'root', path: 'files/*', module: { loader: () => new Response('file') } } } }`

test.for(['around', 'alone'] as const)('React Router, express %s: the pattern of the page, or none', async (where) => {
  const serve =
    where === 'alone'
      ? `const server = require('http').createServer(answer).listen(0, '127.0.0.1')`
      : `const app = require('express')(); app.all('/{*splat}', answer); const server = app.listen(0, '127.0.0.1')`
  const { spans } = await seeQuiet(
    'mjs',
    `configure(); ${ASK}; ${BUILD}; const { createRequestHandler } = await import('react-router'); const handle = createRequestHandler(build, 'production'); const answer = async (q, r) => { const response = await handle(new Request('http://shop.test' + q.url, { method: q.method })); r.statusCode = response.status; r.end(await response.text()) }; ${serve}; await ask(server, ['/', '/posts/1', '/posts/1.data', '/files/a/b', '/none'])`,
  )
  expect(servers(spans)).toEqual(['GET /', 'GET /posts/:id', 'GET /posts/:id', 'GET /files/*', 'GET'])
})

const TRPC = `const t = initTRPC.create(); const router = t.router({ post: t.router({ byId: t.procedure.query(() => ({ id: 1 })), bad: t.procedure.query(() => { throw new TypeError('no') }), none: t.procedure.query(() => { throw new TRPCError({ code: 'NOT_FOUND' }) }) }) })`

test.for(['cjs', 'mjs'] as const)('tRPC, %s: a span a procedure, also in a batch', async (kind) => {
  const load = (name: string): string => (kind === 'cjs' ? `require('${name}')` : `await import('${name}')`)
  const { spans } = await seeQuiet(
    kind,
    `configure(); (async () => { ${ASK}; const { initTRPC, TRPCError } = ${load('@trpc/server')}; const { createHTTPHandler } = ${load('@trpc/server/adapters/standalone')}; ${TRPC}; const server = require('http').createServer(createHTTPHandler({ router })).listen(0, '127.0.0.1'); await ask(server, ['/post.byId', '/post.bad', '/post.none', '/zip', '/post.byId,post.none?batch=1']) })()`,
  )
  const procedures = spans.filter(({ scope }) => scope === 'uptrace-node/trpc')
  expect(servers(spans)).toEqual(['GET /post.byId', 'GET /post.bad', 'GET /post.none', 'GET', 'GET'])
  const seen = procedures.map(({ name, status, attributes }) => [name, status.code, attributes['error.type']])
  expect(seen.slice(0, 3)).toEqual([
    ['post.byId', 0, undefined],
    ['post.bad', 2, 'TypeError'],
    ['post.none', 0, undefined],
  ])
  expect(
    seen
      .slice(3)
      .map(([name]) => name)
      .sort(),
  ).toEqual(['post.byId', 'post.none'])
  const [first] = procedures
  expect(first!.attributes).toEqual({
    'rpc.system.name': 'trpc',
    'rpc.method': 'post.byId',
    'trpc.procedure.type': 'query',
  })
  expect(spans.find(({ id }) => id === first!.parent)?.name).toBe('GET /post.byId')
})

test('tRPC below express: the mount and the procedure; off by its name', async () => {
  const app = `const { initTRPC, TRPCError } = require('@trpc/server'); const { createExpressMiddleware } = require('@trpc/server/adapters/express'); ${TRPC}; const app = require('express')(); app.use('/t/:tenant', createExpressMiddleware({ router })); await ask(app.listen(0, '127.0.0.1'), ['/t/acme/post.byId'])`
  const [on, off] = await Promise.all(
    ['', '{ instrumentations: { trpc: false } }'].map((options) =>
      seeQuiet('cjs', `configure(${options}); (async () => { ${ASK}; ${app} })()`),
    ),
  )
  expect(servers(on!.spans)).toEqual(['GET /t/:tenant/post.byId'])
  expect(servers(off!.spans)).toEqual(['GET /t/:tenant'])
  expect(off!.spans.filter(({ scope }) => scope.endsWith('/trpc'))).toEqual([])
})

test.for(['cjs', 'mjs'] as const)('GraphQL Yoga, %s: operation and resolvers', async (kind) => {
  const load = kind === 'cjs' ? `require('graphql-yoga')` : `await import('graphql-yoga')`
  const { spans, lines } = await seeQuiet(
    kind,
    `configure(); (async () => { const { createYoga, createSchema } = ${load}; const yoga = createYoga({ logging: false, schema: createSchema({ typeDefs: 'type Query { hello: String }', resolvers: { Query: { hello: (_, __, { request }) => request.method } } }) }); const server = require('http').createServer(yoga).listen(0, '127.0.0.1', async () => { const response = await fetch('http://127.0.0.1:' + server.address().port + '/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: 'query Hello { hello }' }) }); print(await response.text()); await pause(50); process.exit(0) }) })()`,
  )
  expect(lines).toEqual(['{"data":{"hello":"POST"}}'])
  const named = (name: string): SeenSpan | undefined => spans.find((span) => span.name === name)
  expect(named('query Hello')?.attributes).toMatchObject({
    'graphql.operation.type': 'query',
    'graphql.operation.name': 'Hello',
  })
  expect(named('query Hello')?.parent).toBe(spans.find(({ kind: own }) => own === 1)?.id)
  expect(named('graphql.resolve hello')?.parent).toBe(named('query Hello')?.id)
})

const INNER: Readonly<Record<string, string>> = {
  hono: `const { Hono } = await import('hono'); const { serve } = await import('@hono/node-server'); const app = new Hono().get('/inner/:x', (c) => c.text('x')).get('/posts/:id', async (c) => { await app.request('/inner/1'); return c.text('ok') }).mount('/m', new Hono().get('/deep/:d', (c) => c.text('d')).fetch); const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })`,
  h3: `const { H3, toNodeHandler } = await import('h3'); const app = new H3().get('/inner/:x', () => 'x').get('/posts/:id', async () => { await app.fetch(new Request('http://shop.test/inner/1')); return 'ok' }).mount('/m', new H3().get('/deep/:d', () => 'd')); const server = require('http').createServer(toNodeHandler(app)).listen(0, '127.0.0.1')`,
}

test.for(Object.keys(INNER))(
  '%s: a request that the app makes of its own routes does not name the one at hand',
  async (name) => {
    const { spans } = await seeQuiet(
      'mjs',
      `configure(); ${ASK}; ${INNER[name]}; await ask(server, ['/posts/1', '/inner/caf%C3%A9', '/m/deep/2', '/none'])`,
    )
    expect(servers(spans)).toEqual(['GET /posts/:id', 'GET /inner/:x', 'GET /m/deep/:d', 'GET'])
  },
)

test('Hono: what answers the rest, or stands before all, does not name the requests of others', async () => {
  const app = `const { Hono } = await import('hono'); const { serve } = await import('@hono/node-server'); const app = new Hono().use('*', (c, next) => next()).get('*', (c, next) => next()).get('/posts/:id', (c) => c.text(c.req.param('id') + c.req.routePath)).get('/posts/*', (c) => c.text(c.req.routePath)).use('/no/*', (c) => c.text('no', 401)).get('/no/:x', (c) => c.text('x')).get('*', (c) => c.text('page')); const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })`
  const { spans } = await seeQuiet(
    'mjs',
    `configure(); ${ASK}; ${app}; await ask(server, ['/posts/1', '/posts/1/x', '/no/1', '/page'])`,
  )
  expect(servers(spans)).toEqual(['GET /posts/:id', 'GET /posts/*', 'GET /no/:x', 'GET /*'])
})

test('Hono below a mount of Express: the path of the mount, and what Hono says', async () => {
  const app = `const express = (await import('express')).default; const { Hono } = await import('hono'); const { getRequestListener } = await import('@hono/node-server'); const inner = getRequestListener(new Hono().get('/posts/:id', (c) => c.text('p')).fetch); const server = express().use('/t/:tenant', (q, r) => inner(q, r)).use((q, r) => inner(q, r)).listen(0)`
  const { spans } = await seeQuiet(
    'mjs',
    `configure(); ${ASK}; ${app}; await ask(server, ['/t/a/posts/1', '/posts/2'])`,
  )
  expect(servers(spans)).toEqual(['GET /t/:tenant/posts/:id', 'GET /posts/:id'])
})
