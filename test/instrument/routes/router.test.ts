/** `router` of Express in a server of one's own: routes as they are mounted, and no spans of handlers. */
import { expect, test } from 'vitest'
import { type SeenSpan, seeQuiet } from '../support.ts'

const APP = `const sub = Router().get('/list/:n', (q, r) => r.end()).get('/pass/:n', (q, r, next) => next()); const router = Router(); router.use((q, r, next) => next()); router.get('/posts/:id', (q, r, next) => (q.params.id === '1' ? r.end() : next())); router.get('/posts/:other', (q, r) => r.end()); router.use('/t/:tenant', sub); router.get('/t/:other/pass/:m', (q, r) => r.end())`
const SERVE = `const http = require('http'); const server = http.createServer((q, r) => router(q, r, () => { r.statusCode = 404; r.end() })).listen(0, '127.0.0.1', async () => { for (const path of ['/posts/1', '/posts/2', '/t/acme/list/1', '/t/acme/pass/1', '/none']) await new Promise((resolve) => http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().on('end', resolve))); await pause(50); process.exit(0) })`
const ROUTES = ['GET /posts/:id', 'GET /posts/:other', 'GET /t/:tenant/list/:n', 'GET /t/:other/pass/:m', 'GET']

const servers = (spans: readonly SeenSpan[]): string[] => spans.filter(({ kind }) => kind === 1).map(({ name }) => name)
const handlers = (spans: readonly SeenSpan[]): readonly SeenSpan[] => spans.filter(({ kind }) => kind === 0)

test.for(['cjs', 'mjs'] as const)(
  '%s: a mount says its pattern, whether or not its parameters are handed down',
  async (kind) => {
    const load = kind === 'cjs' ? `require('router')` : `(await import('router')).default`
    const { spans } = await seeQuiet(kind, `configure(); (async () => { const Router = ${load}; ${APP}; ${SERVE} })()`)
    expect(servers(spans)).toEqual(ROUTES)
    expect(handlers(spans)).toEqual([])
  },
)

test('beside Express 5, which is made of it, handlers have spans', async () => {
  const { spans } = await seeQuiet(
    'cjs',
    `configure(); const Router = require('router'); require('express'); ${APP}; ${SERVE}`,
  )
  expect(servers(spans)).toEqual(ROUTES)
  expect(handlers(spans)).not.toEqual([])
})

test('without the instrumentation of Express it is named by what it leaves on the request', async () => {
  const off = '{ instrumentations: { express: false } }'
  const { spans } = await seeQuiet('cjs', `configure(${off}); const Router = require('router'); ${APP}; ${SERVE}`)
  expect(servers(spans)).toEqual(ROUTES.with(2, 'GET /t/acme/list/:n'))
})
