/** What a program can ask of its modules is what it is without telemetry, while their exports are patched. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../../faults/sink.ts'
import { runSource } from '../../support/run-node.ts'

const REGISTER = pathToFileURL(path.join(import.meta.dirname, '../../../dist/register.mjs')).href
const NOTHING = 'data:text/javascript,'
const env = { UPTRACE_DSN: 'http://t@127.0.0.1:9/1', OTEL_LOG_LEVEL: 'none' }
const HOOKS = `import { registerHooks } from 'node:module'; registerHooks({ resolve: (id, context, next) => next(id, context) });`
const NAMES = `['pg', 'express', 'ioredis', 'undici', 'http', 'node:fs', './none.js']`

const PROGRAMS: Readonly<Record<string, string>> = {
  'where modules are': `console.log(${NAMES}.map((name) => import.meta.resolve(name)))`,
  'where they are, once imported': `import 'pg'; import 'express'; await import('ioredis'); const { resolve } = import.meta; console.log(${NAMES}.map(resolve))`,
  'where they are, with hooks of the program': `${HOOKS} console.log(import.meta.resolve('pg'), (await import('pg')).default === (await import(import.meta.resolve('pg'))).default)`,
  'where they are, by a promise': `await import('pg'); Promise.resolve('pg').then(import.meta.resolve).then(console.log)`,
  'one module by its name and by where it is': `import * as pg from 'pg'; console.log(pg === (await import(import.meta.resolve('pg'))), pg === (await import('pg')))`,
  'a mock in a module of Node': `import http, { get } from 'node:http'; import { syncBuiltinESMExports } from 'node:module'; const real = http.get; http.get = () => 'mock'; syncBuiltinESMExports(); console.log(get(), (await import('http')).get()); http.get = real; syncBuiltinESMExports(); console.log(get === real)`,
  'an export that a module of Node has not': `import('data:text/javascript,import { none } from "node:http"').catch(({ message }) => console.log(message))`,
  'children of a module': `import { createRequire } from 'node:module'; const own = createRequire(import.meta.url); own('./a.cjs'); console.log(own.cache[own.resolve('./a.cjs')].children.map(({ id }) => id.replace(/.*node_modules/, '')))`,
}
const files = { 'a.cjs': `require('pg'); require('http'); require('express'); require('pg')` }

test.for(Object.entries(PROGRAMS))('%s', async ([, source]) => {
  // each run has a folder of its own
  const run = async (preload: string) => {
    const { code, stdout, stderr } = await runSource('mjs', source, { flags: ['--import', preload], env, files })
    return { code, stdout: stdout.replaceAll(/p-\w{6}/g, 'p'), stderr }
  }
  const bare = await run(NOTHING)
  expect(bare).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/./) })
  expect(await run(REGISTER)).toEqual(bare)
})

test.for([
  ['the application', `require('punycode')`, 1],
  ['an installed package', `require('asks')`, 0],
] as const)('a deprecated module of Node that %s asks for is told of as without', async ([, asks, count]) => {
  const home = mkdtempSync(path.join(tmpdir(), 'uptrace-node-asks-'))
  try {
    mkdirSync(path.join(home, 'node_modules/asks'), { recursive: true })
    writeFileSync(path.join(home, 'node_modules/asks/index.js'), `require('punycode')`)
    for (const preload of [NOTHING, REGISTER]) {
      const { stderr } = await runSource('cjs', asks, { flags: ['--import', preload], env, home })
      expect(stderr.match(/DEP0040/g) ?? []).toHaveLength(count)
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})

test('a program that deprecations end is not ended', async () => {
  const source = `import { configureOpentelemetry } from 'uptrace-node'; import 'pg'; import 'mysql2'; configureOpentelemetry(); await import('ioredis'); setTimeout(() => console.log('runs'), 20)`
  const flags = ['--pending-deprecation', '--throw-deprecation']
  for (const preload of [NOTHING, REGISTER]) {
    const { stdout, stderr } = await runSource('mjs', source, { flags: [...flags, '--import', preload], env })
    expect({ stdout, stderr }).toEqual({ stdout: 'runs\n', stderr: '' })
  }
})

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

test.for(['node:http', 'http'])(
  '%s is patched for who imports it, where functions have to be replaced',
  async (name) => {
    const source = `
    import { configureOpentelemetry, forceFlush } from 'uptrace-node'
    configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricsEnabled: false, instrumentations: { http: { serverName: 'x' }, net: true, fs: { requireParentSpan: false } } })
    const { default: http, get, createServer } = await import('${name}')
    const { readFileSync } = await import('node:fs')
    readFileSync(process.argv[1])
    const server = createServer((_, response) => response.end()).listen(0)
    await new Promise((done) => get({ port: server.address().port }, (answer) => answer.resume().on('close', done)))
    server.close()
    await forceFlush()
    console.log(http.get === get)`
    const { stdout, stderr } = await runSource('mjs', source)
    expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
    const names = sink.items('traces').map((span) => span['name'])
    expect(names.filter((one) => one === 'GET')).toHaveLength(2)
    expect(names).toEqual(expect.arrayContaining(['tcp.connect', 'fs readFileSync']))
  },
)
