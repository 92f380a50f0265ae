/** The plugins of `uptrace-node/bundler`: libraries inside of a bundle are traced as those outside. */
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { rolldown } from 'rolldown'
import { afterEach, beforeEach, expect, test } from 'vitest'
import webpack from 'webpack'
import type * as Bundler from '../../src/bundler.ts'
import { findInlined } from '../../src/diagnostics/bundle.ts'
import { TARGETS } from '../../src/instrument/targets.ts'
import { type Sink, startSink } from '../faults/sink.ts'
import { runFile } from '../support/run-node.ts'

const ROOT = path.join(import.meta.dirname, '../..')
// as installed, since the plugin of webpack names a file of the package
const { esbuildPlugin, rollupPlugin, webpackPlugin } = (await import(
  path.join(ROOT, 'dist/bundler.mjs')
)) as typeof Bundler
const SERVERS = ['UPTRACE_TEST_POSTGRES_URL', 'UPTRACE_TEST_MYSQL_URL', 'UPTRACE_TEST_REDIS_URL'] as const
const hasServers = SERVERS.every((name) => process.env[name] !== undefined)

/** Each library is used where its server is there. */
const APP = `
import express from 'express'
import pino from 'pino'
import { Redis } from 'ioredis'
import pg from 'pg'
import mysql from 'mysql2'
import { Hono } from 'hono'
import { serve } from '@hono/node-server'
import { H3, toNodeHandler } from 'h3'
import { createServer } from 'node:http'
import { initTRPC } from '@trpc/server'
START
const { UPTRACE_TEST_POSTGRES_URL: postgres, UPTRACE_TEST_MYSQL_URL: maria, UPTRACE_TEST_REDIS_URL: redis } = process.env
const t = initTRPC.create()
const call = t.createCallerFactory(t.router({ greet: t.procedure.query(() => 'hello') }))({})
const logger = pino({ level: 'info' }, { write() {} })
const work = async () => {
  logger.info('at work')
  await call.greet()
  if (!postgres) return
  const client = new pg.Client(postgres)
  await client.connect()
  await client.query('SELECT 1')
  await client.end()
  const connection = mysql.createConnection(maria)
  await new Promise((resolve, reject) => connection.query('SELECT 2', (error) => (error ? reject(error) : resolve())))
  connection.destroy()
  const client2 = new Redis(redis)
  await client2.get('k')
  client2.disconnect()
}
const server = express().get('/posts/:id', async (request, response) => { await work(); response.send('ok') }).listen(0, '127.0.0.1', () => {
  const h3 = createServer(toNodeHandler(new H3().get('/h3/:n', () => 'ok'))).listen(0, '127.0.0.1')
  const hono = serve({ fetch: new Hono().get('/hono/:n', (context) => context.text('ok')).fetch, port: 0, hostname: '127.0.0.1' }, async ({ port }) => {
    for (const url of ['http://127.0.0.1:' + server.address().port + '/posts/1', 'http://127.0.0.1:' + port + '/hono/1', 'http://127.0.0.1:' + h3.address().port + '/h3/1']) console.log(await (await fetch(url)).text())
    server.close()
    hono.close()
    h3.close()
  })
})
`

type Kind = 'cjs' | 'mjs'
type Bundle = (input: string, output: string, kind: Kind, inlined?: boolean) => Promise<unknown>
const BANNER = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
const BUNDLERS: Readonly<Record<string, Bundle>> = {
  esbuild: (input, outfile, kind) =>
    build({
      entryPoints: [input],
      outfile,
      bundle: true,
      platform: 'node',
      format: kind === 'cjs' ? 'cjs' : 'esm',
      logLevel: 'error',
      plugins: [esbuildPlugin()],
      external: ['pg-native'],
      ...(kind === 'mjs' && { banner: { js: BANNER } }),
    }),
  'esbuild, minified': (input, outfile) =>
    build({
      entryPoints: [input],
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      logLevel: 'error',
      plugins: [esbuildPlugin()],
      external: ['pg-native'],
    }),
  rolldown: async (input, file, kind) => {
    const bundle = await rolldown({ input, platform: 'node', plugins: [rollupPlugin()], external: ['pg-native'] })
    await bundle.write({ file, format: kind === 'cjs' ? 'cjs' : 'esm', codeSplitting: false })
    await bundle.close()
  },
  webpack: (entry, output, kind) =>
    new Promise((resolve, reject) => {
      webpack(
        {
          target: 'node',
          mode: 'production',
          context: path.dirname(entry),
          entry,
          output: {
            path: path.dirname(output),
            filename: path.basename(output),
            ...(kind === 'mjs' && { module: true, library: { type: 'module' } }),
          },
          experiments: { outputModule: kind === 'mjs' },
          plugins: [webpackPlugin()],
          externals: { 'pg-native': 'commonjs pg-native' },
          ignoreWarnings: [/./],
        },
        (error, stats) => (error || stats?.hasErrors() ? reject(error ?? new Error(stats?.toString())) : resolve(0)),
      )
    }),
}

let sink: Sink
let folder: string
beforeEach(async () => {
  sink = await startSink()
  mkdirSync(path.join(ROOT, '.cache/programs'), { recursive: true })
  folder = mkdtempSync(path.join(ROOT, '.cache/programs/plugin-'))
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(ROOT, path.join(folder, 'node_modules/uptrace-node'))
})
afterEach(() => sink.close())

const CASES = Object.keys(BUNDLERS).flatMap((name) =>
  (name.includes('minified') ? (['cjs'] as const) : (['cjs', 'mjs'] as const)).map((kind) => [name, kind] as const),
)

test.for(CASES)('%s into %s: what is inside is traced', { timeout: 90_000 }, async ([name, kind]) => {
  writeFileSync(path.join(folder, 'app.mjs'), APP.replace('START', ''))
  const file = path.join(folder, `bundle.${kind}`)
  await BUNDLERS[name]!(path.join(folder, 'app.mjs'), file, kind)
  // nothing is left to be loaded
  expect(readFileSync(file, 'utf8')).not.toMatch(
    /^(?:import|const|var)\b.*(?:require\(|from ?)["'](?:express|pg|ioredis|mysql2|pino|hono)["']/m,
  )
  const { code, stdout, stderr } = await run(file, ['--import', 'uptrace-node/register'])
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'ok\nok\nok\n', stderr: '' })
  expect(seen()).toEqual(
    expect.arrayContaining([
      'GET /posts/:id',
      'GET /hono/:n',
      'GET /h3/:n',
      'request handler',
      'greet',
      ...(hasServers ? ['pg.connect', 'SELECT', 'get'] : []),
    ]),
  )
  // both databases
  if (hasServers) expect(seen().filter((span) => span.startsWith('SELECT'))).toHaveLength(2)
  expect(JSON.stringify(sink.items('logs'))).toContain('at work')
  expect(findInlined(file, Object.keys(TARGETS)) ?? []).toEqual([])
})

test('telemetry that is configured by the bundled program itself', { timeout: 90_000 }, async () => {
  const start = `configureOpentelemetry({ metricsEnabled: false })`
  writeFileSync(
    path.join(folder, 'app.mjs'),
    `import { configureOpentelemetry } from 'uptrace-node'\n${APP.replace('START', start)}`,
  )
  const file = path.join(folder, 'bundle.cjs')
  await BUNDLERS['esbuild']!(path.join(folder, 'app.mjs'), file, 'cjs')
  expect(await run(file, [])).toMatchObject({ code: 0, stdout: 'ok\nok\nok\n', stderr: '' })
  expect(seen()).toEqual(expect.arrayContaining(['GET /posts/:id', 'request handler', 'greet']))
})

test('without uptrace-node the bundle runs as it is', { timeout: 90_000 }, async () => {
  writeFileSync(path.join(folder, 'app.mjs'), APP.replace('START', ''))
  const file = path.join(folder, 'bundle.cjs')
  await BUNDLERS['esbuild']!(path.join(folder, 'app.mjs'), file, 'cjs')
  expect(await run(file, [])).toMatchObject({ code: 0, stdout: 'ok\nok\nok\n', stderr: '' })
  expect(sink.received).toEqual([])
})

test('a library that is a minified ES module stays as it is', { timeout: 90_000 }, async () => {
  writeFileSync(path.join(folder, 'app.mjs'), `import { Cron } from 'croner'\nconsole.log(typeof Cron)\n`)
  for (const name of ['rolldown', 'esbuild', 'webpack']) {
    const file = path.join(folder, `${name}.mjs`)
    await BUNDLERS[name]!(path.join(folder, 'app.mjs'), file, 'mjs')
    expect(await run(file, [])).toMatchObject({ code: 0, stdout: 'function\n', stderr: '' })
  }
})

const seen = (): string[] => sink.items('traces').map(({ name }) => name as string)

function run(file: string, flags: readonly string[]) {
  return runFile(file, { flags, env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` }, timeoutMillis: 30_000 })
}
