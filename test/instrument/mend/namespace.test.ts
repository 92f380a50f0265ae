/** Packages of CommonJS in ES modules: their instrumentations reach those who take a function by name, and those who take the whole. */
import { expect, test } from 'vitest'
import { patchBoth } from '../../../src/instrument/mend/namespace.ts'
import { seeQuiet } from '../support.ts'

const HAPI = `const app = server({ port: 0, host: '127.0.0.1' }); app.route({ method: 'GET', path: '/posts/{id}', handler: () => 'ok' }); await app.start(); await (await fetch(app.info.uri + '/posts/1')).text(); await app.stop(); await pause(20); process.exit(0)`

test.for([
  ['by name', `const { server } = await import('@hapi/hapi')`],
  ['as a whole', `const { server } = (await import('@hapi/hapi')).default`],
])('hapi, %s', async ([, load]) => {
  const { spans } = await seeQuiet('mjs', `configure(); ${load}; ${HAPI}`)
  expect(spans.map(({ name }) => name)).toContain('route - /posts/{id}')
})

const URL_OF_MYSQL = process.env['UPTRACE_TEST_MYSQL_URL']
test.runIf(URL_OF_MYSQL !== undefined).for([
  ['by name', `const { createConnection } = await import('mysql')`],
  ['as a whole', `const { createConnection } = (await import('mysql')).default`],
])('mysql, %s', async ([, load]) => {
  const query = `const db = createConnection(${JSON.stringify(URL_OF_MYSQL)}); await new Promise((resolve) => db.query('SELECT 1', resolve)); db.destroy(); await pause(20); process.exit(0)`
  const { spans } = await seeQuiet('mjs', `configure(); ${load}; ${query}`)
  expect(spans.map(({ name }) => name)).toContain('SELECT')
})

test('a package that is a function stays one', () => {
  const whole = Object.assign((a: number) => a, { twice: (a: number) => 2 * a })
  const namespace = Object.defineProperty({ default: whole, twice: whole.twice }, Symbol.toStringTag, {
    value: 'Module',
  })
  const patch = (original: unknown) => (a: number) => 10 * (original as (a: number) => number)(a)
  expect(patchBoth(patch as never, namespace, '1.0.0')).toBe(namespace)
  expect((namespace.default as (a: number) => number)(2)).toBe(20)
})
