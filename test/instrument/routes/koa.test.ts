/** Koa where it is not alone: below Express, in another app of Koa, and with several contexts of one request. */
import { expect, test } from 'vitest'
import { seeQuiet } from '../support.ts'

const SETUP = `configure(); const Koa = require('koa'), express = require('express'), { Router } = require('@koa/router')
const ask = async (server, paths) => { await new Promise((resolve) => server.once('listening', resolve)); for (const path of paths) await new Promise((resolve) => require('http').get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().on('end', resolve))); await pause(50); process.exit(0) }
const koa = new Koa(); const router = new Router(); router.get('/token/:id', (c) => { c.body = 'ok' }); router.get('/cookie/:id', (c) => { c.body = String(koa.createContext(c.req, c.res).cookies.get('a')) }); koa.use(router.routes())`

test.for<[string, string, readonly string[], readonly string[]]>([
  ['alone', 'koa', ['/token/1', '/cookie/1', '/none'], ['GET /token/:id', 'GET /cookie/:id', 'GET']],
  [
    'below a path of Express',
    `express().use('/t/:tenant', koa.callback())`,
    ['/t/acme/token/1', '/t/acme/cookie/1', '/t/acme/none'],
    ['GET /t/:tenant/token/:id', 'GET /t/:tenant/cookie/:id', 'GET /t/:tenant'],
  ],
  ['in Express, at the root', `express().use(koa.callback())`, ['/token/1', '/none'], ['GET /token/:id', 'GET']],
  [
    'in a route of Express',
    `express().all('/{*rest}', koa.callback())`,
    ['/token/1', '/none'],
    ['GET /token/:id', 'GET /{*rest}'],
  ],
  [
    'in another app of Koa',
    `new Koa().use((c) => { c.respond = false; return koa.callback()(c.req, c.res) })`,
    ['/token/1', '/cookie/1'],
    ['GET /token/:id', 'GET /cookie/:id'],
  ],
])('Koa %s', async ([, app, paths, names]) => {
  const { spans } = await seeQuiet('cjs', `${SETUP}; ask((${app}).listen(0, '127.0.0.1'), ${JSON.stringify(paths)})`, {
    flags: ['--no-deprecation'],
  })
  expect(spans.filter(({ kind }) => kind === 1).map(({ name }) => name)).toEqual(names)
})
