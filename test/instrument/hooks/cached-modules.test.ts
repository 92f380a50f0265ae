/** What is no module may be in the cache of CommonJS: a load that finds it, and a configuration after it, work as without. */
import { expect, test } from 'vitest'
import { see } from '../support.ts'

/** What is put there in place of the module of a file. */
const FAKES = {
  'an object with exports': `{ exports: { fake: true }, loaded: true }`,
  'a module without a file': `Object.assign(new (require('module'))('x'), { exports: { fake: true }, loaded: true })`,
  'what has a file, and is no module': `{ exports: { fake: true }, loaded: true, filename: file }`,
  'an object of other types': `{ exports: { fake: true }, loaded: true, filename: 5, children: 5 }`,
  'getters that throw': `{ exports: { fake: true }, loaded: true, get filename() { throw new Error('getter') } }`,
}
const USE = `
const express = require('express'), http = require('http')
const server = express().get('/users/:id', (request, response) => response.end()).listen(0, () => http.get({ port: server.address().port, path: '/users/1', agent: false }, (response) => response.resume().on('end', () => server.close())))`
const ROWS = Object.entries(FAKES).flatMap(([title, fake]) =>
  ['before', 'after'].map((when) => [title, when, fake] as const),
)

test.for(ROWS)('%s, %s it is configured', async ([, when, fake]) => {
  const put = `for (const id of ['./own.cjs', 'pg/lib/utils.js']) { const file = require.resolve(id); require.cache[file] = ${fake}; print(require(id)) }`
  const source = when === 'before' ? `${put}; configure(); ${USE}` : `configure(); ${put}; ${USE}`
  const { spans, lines, stderr, code } = await see('cjs', source, { files: { 'own.cjs': '' } })
  expect({ lines, stderr, code }).toEqual({ lines: [{ fake: true }, { fake: true }], stderr: '', code: 0 })
  expect(spans.map(({ name }) => name)).toContain('GET /users/:id')
})

test('JSON that was imported is required', async () => {
  const { spans, lines, stderr, code } = await see(
    'mjs',
    `import early from './early.json' with { type: 'json' }; configure(); await import('./late.json', { with: { type: 'json' } }); print([require('./early.json'), require('./late.json')]); ${USE}`,
    { files: { 'early.json': '{"n":1}', 'late.json': '{"n":2}' } },
  )
  expect({ lines, stderr, code }).toEqual({ lines: [[{ n: 1 }, { n: 2 }]], stderr: '', code: 0 })
  expect(spans.map(({ name }) => name)).toContain('GET /users/:id')
})
