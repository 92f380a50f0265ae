/** Yarn's Plug'n'Play without its loader: any hook of imports would break what is required; with the loader there are hooks. */
import { expect, test } from 'vitest'
import { seeQuiet } from '../support.ts'

const APP = `Object.defineProperty(process.versions, 'pnp', { value: '3' }); print(configure().diagnostics().esm); const express = require('express'); const server = express().get('/posts/:id', (q, r) => r.end()).listen(0, '127.0.0.1', async () => { await (await fetch('http://127.0.0.1:' + server.address().port + '/posts/1')).text(); await pause(50); process.exit(0) })`

test.for([
  ['without its loader', {}, 'none'],
  ['with its loader', { NODE_OPTIONS: '--title=.pnp.loader.mjs' }, 'sync'],
] as const)('%s: what is required is traced', async ([, env, kind]) => {
  const { spans, lines } = await seeQuiet('cjs', APP, { env })
  expect(lines).toEqual([kind])
  expect(spans.map(({ name }) => name)).toContain('GET /posts/:id')
})
