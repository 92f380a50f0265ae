/** What a test puts in the place of a built-in is what the program gets, and the real one afterwards, as without telemetry. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFile, runSource } from '../../support/run-node.ts'

const REGISTER = pathToFileURL(path.join(import.meta.dirname, '../../../dist/register.mjs')).href
const FAKE = `
  const Module = require('module'); const load = Module._load; const fake = { get: () => 'fake' }; let isOn = true
  Module._load = function (id, ...rest) { return isOn && /^(node:)?http$/.test(id) ? fake : load.call(this, id, ...rest) }`
const MOCKS = ['--experimental-test-module-mocks', '--no-warnings']
const PROGRAMS: ReadonlyArray<readonly [name: string, source: string, flags?: readonly string[]]> = [
  ['in a patched _load, later', `const http = require('http'); ${FAKE}; see(); isOn = false; see(http)`],
  ['in a patched _load, first', `${FAKE}; see(); isOn = false; see(require('node:http'))`],
  [
    'by node:test, later',
    `const http = require('http'); const mocked = mock(); see(); mocked.restore(); see(http)`,
    MOCKS,
  ],
  ['by node:test, first', `const mocked = mock(); see(); mocked.restore(); see(require('node:http'))`, MOCKS],
  [
    'by node:test, imported',
    `const mocked = mock(); import('http').then(({ get }) => { console.log(String(get)); mocked.restore(); see(require('node:http')) })`,
    MOCKS,
  ],
]
const HEAD = `
  const see = (same) => { const { get, createServer } = require('http'); console.log(String(get).length < 30, typeof createServer, same === undefined || same === require('http')) }
  const mock = () => require('node:test').mock.module('http', { namedExports: { get: () => 'fake' } });`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'uptrace-fakes-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.for(PROGRAMS)('%s', async ([name, source, flags = []]) => {
  const file = path.join(folder, `${name.replace(/\W/g, '-')}.cjs`)
  writeFileSync(file, HEAD + source)
  const env = { UPTRACE_DSN: 'http://t@127.0.0.1:9/1', UPTRACE_LOG_LEVEL: 'none' }
  const bare = await runFile(file, { flags })
  const ours = await runFile(file, { flags: [...flags, '--import', REGISTER], env })
  expect(bare.code).toBe(0)
  expect({ code: ours.code, stdout: ours.stdout }).toEqual({ code: bare.code, stdout: bare.stdout })
})

const FAKE_PG = FAKE.replace("get: () => 'fake'", 'own: 1').replace('(node:)?http', '(pg|ioredis)')
const SEE = `const see = () => console.log(['pg', 'ioredis'].map((id) => Object.keys(require(id)).sort().slice(0, 3).join()));`
const PACKAGES: Record<string, string> = {
  'a package in a patched _load, later': `see(); ${FAKE_PG}; see(); isOn = false; see()`,
  'a package in a patched _load, first': `${FAKE_PG}; see(); isOn = false; see()`,
  'a package in the cache': `see(); const all = ['pg', 'ioredis'].map((id) => require.cache[require.resolve(id)]); const before = all.map(({ exports }) => exports); for (const one of all) one.exports = { own: 2 }; see(); all.forEach((one, at) => { one.exports = before[at] }); see()`,
  'a package in place of its module': `see(); const { cache } = require; const key = require.resolve('pg'); const kept = cache[key]; cache[key] = { ...kept, id: key, exports: { own: 3 } }; see(); cache[key] = kept; see(); delete cache[key]; see()`,
  'a text in a patched _load': `${FAKE_PG.replace('{ own: 1 }', `'text'`)}; see(); isOn = false; see()`,
}

/** What mocha has among the globals. */
const MOCHA = `for (const name of ['afterEach', 'after', 'beforeEach', 'before', 'describe', 'it']) globalThis[name] = () => {};`
for (const [name, source] of Object.entries(PACKAGES)) PACKAGES[`${name}, in mocha`] = MOCHA + source
// as testdouble does it: what is loaded meanwhile is loaded anew each time
PACKAGES['files that are loaded anew'] = `
  const Module = require('module'); const load = Module._load
  Module._load = function (id, parent, ...rest) {
    const key = /^(node:|\\w)/.test(id) ? undefined : Module._resolveFilename(id, parent); if (/uptrace-node|@opentelemetry|dist/.test(key)) console.log('ours', key)
    return load.call(this, id, parent, ...rest)
  }
  require('pg'); require('ioredis'); require('express'); Module._load = load; see(); console.log(typeof describe)`

test.for(Object.entries(PACKAGES))('%s', async ([, source]) => {
  const env = { UPTRACE_DSN: 'http://t@127.0.0.1:9/1', OTEL_LOG_LEVEL: 'none' }
  const bare = await runSource('cjs', SEE + source)
  const ours = await runSource('cjs', SEE + source, { flags: ['--import', REGISTER], env })
  expect(bare).toMatchObject({ code: 0, stdout: expect.stringMatching(/\w/) })
  expect({ code: ours.code, stdout: ours.stdout }).toEqual({ code: 0, stdout: bare.stdout })
})
