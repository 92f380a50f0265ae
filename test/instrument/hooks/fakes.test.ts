/** What a test puts in the place of a built-in is what the program gets, and the real one afterwards, as without telemetry. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFile } from '../../support/run-node.ts'

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
