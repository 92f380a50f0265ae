/** Angular as its builder leaves it: a bundle, and beside it the manifest by which the app of a request is started. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { seeQuiet } from '../support.ts'

/** What a router knows of a page once it is there, among the services of an app. */
const START = `const pages = { '/posts/1': [{ path: 'posts' }, { path: ':id' }], '/': [{ path: '' }], '/old': [{ path: 'new' }] }
const start = async (url) => { const page = (pages[url] ?? []).reduceRight((children, routeConfig) => [{ outlet: 'primary', routeConfig, children }], []); const router = { url: url === '/old' ? '/new' : url, navigateByUrl() {}, routerState: { snapshot: { root: { outlet: 'primary', routeConfig: null, children: page } } } }; return { injector: { records: new Map([['other', null], ['router', { value: router }]]) } } }`

test('Angular: the page that the router of a request has gone to; none where it was sent elsewhere or found none', async () => {
  const home = path.join(import.meta.dirname, '../../../.cache/programs')
  mkdirSync(home, { recursive: true })
  const manifest = path.join(mkdtempSync(path.join(home, 'angular-')), 'angular-app-manifest.mjs')
  writeFileSync(manifest, `${START}\nexport default { bootstrap: () => Promise.resolve(start), baseHref: '/' }\n`)
  const { spans, lines } = await seeQuiet(
    'mjs',
    `configure(); const { default: manifest } = await import(${JSON.stringify(pathToFileURL(manifest).href)}); const http = require('http'); const server = http.createServer(async (request, response) => { const start = await manifest.bootstrap(); await start(request.url.split('?')[0]); response.end() }).listen(0, '127.0.0.1', async () => { for (const path of ['/posts/1?a=b', '/', '/old', '/none']) await new Promise((resolve) => http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (answer) => answer.resume().on('end', resolve))); print(manifest.baseHref); await pause(50); process.exit(0) })`,
  )
  expect(lines).toEqual(['/'])
  expect(spans.filter(({ kind }) => kind === 1).map(({ name }) => name)).toEqual([
    'GET /posts/:id',
    'GET /',
    'GET',
    'GET',
  ])
})
