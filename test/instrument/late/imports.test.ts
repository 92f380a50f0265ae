/** ES modules: what a program imports has been linked before its first line runs, and before a module that it imports first. */
import { expect, test } from 'vitest'
import { runSource } from '../../support/run-node.ts'

const PRINTER = `{ onStart() {}, forceFlush: async () => {}, shutdown: async () => {}, onEnd(span) { console.log(span.name) } }`
const CONFIGURE = `import { configureOpentelemetry } from 'uptrace-node'\nexport const telemetry = configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false, spanProcessors: [${PRINTER}] })\n`
const ASK = (port: string): string =>
  `await (await fetch('http://127.0.0.1:' + ${port} + '/posts/1')).text(); setTimeout(() => process.exit(), 50)`

test('packages of CommonJS are traced where the module that configures is imported first', async () => {
  const source = `import './telemetry.mjs'
import express from 'express'
import { server } from '@hapi/hapi'
const app = server({ port: 0, host: '127.0.0.1' }); app.route({ method: 'GET', path: '/posts/{id}', handler: () => 'ok' }); await app.start()
await (await fetch(app.info.uri + '/posts/1')).text()
const http = express().get('/posts/:id', (q, r) => r.end()).listen(0, async () => { ${ASK('http.address().port')} })`
  const { code, stdout, stderr } = await runSource('mjs', source, { files: { 'telemetry.mjs': CONFIGURE } })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const name of ['GET /posts/{id}', 'route - /posts/{id}', 'GET /posts/:id', 'request handler'])
    expect(stdout.split('\n')).toContain(name)
})

const ROUTES = `import { Hono } from 'hono'\nexport const app = new Hono()\n`
const IMPORTS = `import { app } from './routes.mjs'
import { createConnectTransport } from '@connectrpc/connect-node'
import { generateText } from 'ai'
import { OpenAI } from 'openai'
import pg from 'pg'
// import { initTRPC } from '@trpc/server'
const text = "\\nimport { initTRPC } from '@trpc/server'"
void [OpenAI, app, createConnectTransport, generateText, pg, text]`
const PRINT = `const { late, active } = telemetry.diagnostics(); console.log(JSON.stringify([late.filter((one) => one.isMissed).map(({ module }) => module).sort(), active.includes('ai')]))`

test.for([
  ['before', `${IMPORTS}\n${CONFIGURE}${PRINT}`],
  ['after', `import { telemetry } from './telemetry.mjs'\n${IMPORTS}\n${PRINT}`],
] as const)('those of ES modules are named, one line each, where they stand %s the call', async ([, source]) => {
  const files = { 'telemetry.mjs': CONFIGURE, 'routes.mjs': ROUTES }
  const { code, stdout, stderr } = await runSource('mjs', source, { files })
  expect(code).toBe(0)
  const lines = stderr
    .split('\n')
    .filter((line) => line !== '')
    .sort()
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^uptrace: @connectrpc\/connect-node 2\.\S+ was loaded .*main\.mjs.*: it is not traced/)
  expect(lines[1]).toMatch(
    /^uptrace: hono 4\.\S+ was loaded before .* \(by \S+routes\.mjs\), as ES modules.*: its routes are not known.*--import uptrace-node\/register/,
  )
  // a part of it is CommonJS, and found
  expect(lines[2]).toMatch(/^uptrace: openai 7\.\S+ was loaded .*: it is not traced/)
  // ai tells of itself, whenever it was loaded
  expect(JSON.parse(stdout)).toEqual([['@connectrpc/connect-node', 'hono', 'openai'], true])
})

const YOGA = `import { createYoga } from 'graphql-yoga'\nvoid createYoga\n`

test.for([
  ['before the call', `${YOGA}${CONFIGURE}`, 1],
  ['after it, by import()', `${CONFIGURE}await import('graphql-yoga')`, 0],
  ['nowhere', `import 'graphql'\n${CONFIGURE}`, 0],
] as const)('a server of GraphQL that passes operations on is named where it stands %s', async ([, source, count]) => {
  const { code, stderr } = await runSource('mjs', source)
  expect(code).toBe(0)
  const lines = stderr.split('\n').filter((line) => line !== '')
  expect(lines).toHaveLength(count)
  if (count > 0)
    expect(lines[0]).toMatch(
      /^uptrace: graphql-yoga 5\.\S+ was loaded .*main\.mjs.*: its operations are not traced\. .*--import uptrace-node\/register/,
    )
})

test('a package.json with a byte order mark, and a program that is no file, are no reason to leave the rest out', async () => {
  const source = `import { mkdirSync, writeFileSync } from 'node:fs'; import { spawnSync } from 'node:child_process'
const folder = import.meta.dirname; const hono = folder + '/node_modules/hono'; mkdirSync(hono, { recursive: true })
writeFileSync(hono + '/package.json', '\\ufeff{ "name": "hono", "version": "4.9.9", "exports": "./i.mjs" }'); writeFileSync(hono + '/i.mjs', 'export const Hono = class {}')
writeFileSync(folder + '/package.json', '{ "type": "module", "main": "index.js" }')
writeFileSync(folder + '/index.js', ${JSON.stringify(`import 'hono'\n${CONFIGURE}console.log(telemetry.enabled)`)})
const { stdout, stderr } = spawnSync(process.execPath, ['.'], { cwd: folder, encoding: 'utf8' }); console.log(stdout + stderr)`
  const { stdout } = await runSource('mjs', source)
  expect(stdout).toMatch(/^true\nuptrace: hono 4\.9\.9 was loaded before [^\n]*\n\n$/)
})

test('nothing is said where the program is preloaded, and so seen', async () => {
  const files = { 'routes.mjs': ROUTES }
  const { code, stderr } = await runSource('mjs', `${IMPORTS}\n${CONFIGURE}`, {
    files,
    flags: ['--import', 'uptrace-node/register'],
    env: { UPTRACE_DSN: 'http://t@127.0.0.1:9' },
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('ES modules that were required before the call are named as well', async () => {
  const source = `const { H3 } = require('h3'); const { configureOpentelemetry } = require('uptrace-node'); configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false }); void H3`
  const { code, stderr } = await runSource('cjs', source)
  expect(code).toBe(0)
  expect(stderr).toMatch(/^uptrace: h3 2\.\S+ was loaded before .*main\.cjs.*: its routes are not known[^\n]*\n$/)
})
