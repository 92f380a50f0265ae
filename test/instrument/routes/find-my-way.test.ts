/** find-my-way in a server of one's own, and as a part of fastify, which says its routes itself. */
import { createRequire } from 'node:module'
import path from 'node:path'
import { expect, test } from 'vitest'
import { isPartOf } from '../../../src/instrument/hooks/part-of.ts'
import { patchFindMyWay } from '../../../src/instrument/routes/find-my-way.ts'
import { type SeenSpan, seeQuiet } from '../support.ts'

const ASK = `const ask = (server, paths) => new Promise((resolve) => server.listen(0, '127.0.0.1', async () => { for (const path of paths) await new Promise((done) => require('http').get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().on('end', done))); await pause(50); resolve() }))`
const APP = `const router = create({ ignoreTrailingSlash: true }); const shared = (q, r) => r.end(); router.on('GET', '/posts/:id', (q, r) => { router.find('GET', '/a/1'); r.end() }); for (const path of ['/a/:x', '/b/:y', '/a/plain', '/files/*']) router.on('GET', path, shared); router.on('POST', '/only/:x', shared); const server = require('http').createServer((q, r) => { if (router.find('POST', q.url)) return r.end('405'); router.lookup(q, r) })`

const servers = (spans: readonly SeenSpan[]): string[] => spans.filter(({ kind }) => kind === 1).map(({ name }) => name)

test.for(
  (['cjs', 'mjs'] as const).flatMap((kind) => (['before', 'after'] as const).map((moment) => [kind, moment] as const)),
)('%s, made %s configure: its routes, also of handlers that are shared', async ([kind, moment]) => {
  const load =
    kind === 'cjs' ? `const create = require('find-my-way')` : `const { default: create } = await import('find-my-way')`
  const order = moment === 'before' ? `${load}; ${APP}; configure()` : `configure(); ${load}; ${APP}`
  const { spans } = await seeQuiet(
    kind,
    `;(async () => { ${ASK}; ${order}; await ask(server, ['/posts/1?a=b', '/a/1', '/b/2', '/a/plain', '/files/x/y', '/only/1', '/none']); process.exit(0) })()`,
  )
  expect(servers(spans)).toEqual([
    'GET /posts/:id',
    'GET /a/:x',
    'GET /b/:y',
    'GET /a/plain',
    'GET /files/*',
    'GET',
    'GET',
  ])
})

test('below a mount of Express, and beside fastify, whose 404 stays without a route', async () => {
  const { spans } = await seeQuiet(
    'cjs',
    `configure(); (async () => { ${ASK}; const fastify = require('fastify')(); const router = require('find-my-way')(); router.on('GET', '/posts/:id', (q, r) => r.end()); const app = require('express')().use('/t/:tenant', (q, r) => router.lookup(q, r)); await ask(require('http').createServer(app), ['/t/acme/posts/1', '/t/acme/none']); fastify.get('/list/:n', async () => 'x'); fastify.setNotFoundHandler((q, r) => r.code(404).send('no')); await fastify.ready(); await ask(fastify.server, ['/list/1', '/none']); process.exit(0) })()`,
  )
  expect(servers(spans)).toEqual(['GET /t/:tenant/posts/:id', 'GET /t/:tenant', 'GET /list/:n', 'GET'])
})

test('what it gives and holds stays as it is', () => {
  const create = createRequire(import.meta.url)('find-my-way') as (options?: object) => {
    on(method: string, path: string, handler: unknown, store?: unknown): void
    find(method: string, path: string): { handler: unknown; store: unknown } | null
    readonly routes: ReadonlyArray<{ readonly handler: unknown }>
  }
  patchFindMyWay(create)
  const router = create()
  const [handler, store] = [() => {}, {}]
  router.on('GET', '/posts/:id', handler, store)
  expect(router.find('GET', '/posts/1')).toMatchObject({ handler, store })
  expect(router.routes[0]!.handler).toBe(handler)
  expect(router.find('GET', '/none')).toBe(null)
})

test('that fastify loads it is nothing to look at', () => {
  const fileOf = (name: string): string => path.resolve('node_modules', name, 'lib/file.js')
  expect(isPartOf('find-my-way', fileOf('fastify'))).toBe(true)
  expect(isPartOf('find-my-way', fileOf('other'))).toBe(false)
  expect(isPartOf('find-my-way', path.resolve('app.js'))).toBe(false)
  expect(isPartOf('pg', fileOf('fastify'))).toBe(false)
})
