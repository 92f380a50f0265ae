/** What Express and its kin leave on a request names it where nothing of them could be patched. */
import { expect, test } from 'vitest'
import { routeLeftOn } from '../../../src/instrument/http/left-route.ts'
import { seeQuiet } from '../support.ts'

test.for([
  [{}, undefined],
  [{ route: undefined, baseUrl: '/api' }, undefined],
  [{ route: 'posts' }, undefined],
  [{ route: { path: 1 } }, undefined],
  [{ route: { path: '/posts/:id' } }, '/posts/:id'],
  [{ route: { path: '/' }, baseUrl: '' }, '/'],
  [{ route: { path: '/' }, baseUrl: '/api' }, '/api'],
  [{ route: { path: '/x' }, baseUrl: '/t/acme', params: { tenant: 'acme' } }, '/t/:tenant/x'],
  [{ route: { path: '/x' }, baseUrl: '/api/v1/users/17', params: { id: '3' } }, '/api/v1/users/:param/x'],
  [{ route: { path: '/' }, baseUrl: '/t/1f9d7c8e-5b1a-4c3d-9e2f-0a1b2c3d4e5f' }, '/t/:param'],
  [{ route: { path: ['/a', '/b'] } }, '/a,/b'],
  [{ route: { path: /^\/a/ } }, '/^\\/a/'],
] as const)('%o has the route %s', ([request, route]) => {
  expect(routeLeftOn(request)).toBe(route)
})

test('a request is named by it, unless somebody has said a route', async () => {
  const { spans } = await seeQuiet(
    'cjs',
    `configure(); const http = require('http'); const { context } = require('@opentelemetry/api'); const { getRPCMetadata } = require('@opentelemetry/core'); const server = http.createServer((request, response) => { Object.assign(request, { route: { path: '/posts/:id' }, baseUrl: '/api' }); if (request.url === '/said') getRPCMetadata(context.active()).route = '/said'; response.end() }).listen(0, '127.0.0.1', async () => { for (const path of ['/api/posts/1', '/said']) await new Promise((resolve) => http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (answer) => answer.resume().on('end', resolve))); await pause(50); process.exit(0) })`,
  )
  const names = spans.filter(({ kind }) => kind === 1).map(({ name }) => name)
  expect(names).toEqual(['GET /api/posts/:id', 'GET /said'])
})
