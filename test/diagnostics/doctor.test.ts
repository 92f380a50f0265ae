/** `uptrace-node doctor` says the right thing: a healthy app, two copies of the API, a dead endpoint, a wrong token, a bundled app. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Check } from '../../src/diagnostics/doctor.ts'
import { type Sink, startSink } from '../faults/sink.ts'

const ROOT = path.join(import.meta.dirname, '../..')
let sink: Sink
let folder: string
beforeEach(async () => {
  sink = await startSink()
  mkdirSync(path.join(ROOT, '.cache/programs'), { recursive: true })
  folder = mkdtempSync(path.join(ROOT, '.cache/programs/doctor-'))
  mkdirSync(path.join(folder, 'node_modules/@opentelemetry'), { recursive: true })
  symlinkSync(path.join(ROOT, 'node_modules/@opentelemetry/api'), path.join(folder, 'node_modules/@opentelemetry/api'))
  symlinkSync(ROOT, path.join(folder, 'node_modules/uptrace-node'))
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
})
afterEach(() => sink.close())

interface Result {
  readonly code: number
  readonly output: string
  find(name: string): Check | undefined
}

function doctor(args: string[] = [], env: Record<string, string> = {}, cwd = folder): Promise<Result> {
  return new Promise((resolve) => {
    const variables = { PATH: process.env.PATH ?? '', UPTRACE_DSN: `http://sEcReTtOkEn@localhost:${sink.port}`, ...env }
    execFile(
      process.execPath,
      [path.join(ROOT, 'dist/cli.cjs'), 'doctor', '--json', ...args],
      { cwd, env: variables },
      (error, stdout, stderr) => {
        expect(stdout + stderr).not.toContain('sEcReTtOkEn')
        const { checks } = JSON.parse(stdout) as { checks: Check[] }
        resolve({
          code: Number(error?.code ?? 0),
          output: stdout,
          find: (name) => checks.find((check) => check.name.startsWith(name)),
        })
      },
    )
  })
}

const APP = `
const express = require('express')
const app = express().get('/users/:id', (request, response) => response.send('ok'))
const server = app.listen(0, async () => { await (await fetch('http://localhost:' + server.address().port + '/users/1')).text(); server.close() })`

test('a healthy app: what attached, how many spans each made', async () => {
  const file = path.join(folder, 'app.cjs')
  writeFileSync(file, APP)
  const result = await doctor(['--', process.execPath, file])
  expect(result.code).toBe(0)
  expect(result.find('node')).toMatchObject({ status: 'ok' })
  expect(result.find('@opentelemetry/api')).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(/^one copy, 1\.\d+/),
  })
  expect(result.find('destination')).toMatchObject({ status: 'ok', detail: expect.stringContaining('***@localhost') })
  for (const signal of ['traces', 'metrics', 'logs'])
    expect(result.find(`${signal} to`)).toMatchObject({ status: 'ok', detail: '200, it takes telemetry' })
  expect(result.find('program')).toMatchObject({ status: 'ok', detail: expect.stringContaining('ended with code 0') })
  expect(result.find('instrumentations')).toMatchObject({ status: 'ok', detail: 'express, http, undici' })
  expect(result.find('spans')?.detail).toMatch(/http 1/)
  expect(result.find('spans')?.detail).toMatch(/express 1/)
})

test('an app that shuts telemetry down itself: what attached is still told', async () => {
  const file = path.join(folder, 'app.cjs')
  writeFileSync(file, `${APP}\nserver.on('close', () => require('uptrace-node').shutdown())`)
  const result = await doctor(['--', process.execPath, file])
  expect(result.find('instrumentations')).toMatchObject({ status: 'ok', detail: 'express, http, undici' })
})

test('an app that configures itself: its own instrumentations and spans are told', async () => {
  const file = path.join(folder, 'app.cjs')
  writeFileSync(file, `require('uptrace-node').configureOpentelemetry({ serviceName: 'own' })\n${APP}`)
  const result = await doctor(['--', process.execPath, file])
  expect(result.find('instrumentations')).toMatchObject({ status: 'ok', detail: 'express, http, undici' })
  expect(result.find('spans')?.detail).toMatch(/http 1/)
})

test('a package of a monorepo, whose dependencies are hoisted to the folder above', async () => {
  const own = path.join(folder, 'packages/app')
  mkdirSync(own, { recursive: true })
  const result = await doctor([], {}, own)
  expect(result.find('@opentelemetry/api')).toMatchObject({ status: 'ok' })
})

test('a version that is not supported', async () => {
  const express = path.join(folder, 'node_modules/express')
  cpSync(path.join(ROOT, 'node_modules/express'), express, { recursive: true })
  const manifest = path.join(express, 'package.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"version": "[^"]*"/, '"version": "99.1.0"'))
  const file = path.join(folder, 'app.cjs')
  writeFileSync(file, APP)
  const result = await doctor(['--', process.execPath, file])
  expect(result.code).toBe(1)
  expect(result.find('unsupported version')?.detail).toMatch(/express 99\.1\.0 is not traced: >=4\S* <6 is/)
})

test('a second copy of the API: both paths', async () => {
  const nested = path.join(folder, 'node_modules/other/node_modules/@opentelemetry/api')
  mkdirSync(nested, { recursive: true })
  writeFileSync(path.join(nested, 'package.json'), '{"name":"@opentelemetry/api","version":"1.9.1"}')
  const result = await doctor()
  expect(result.code).toBe(1)
  expect(result.find('@opentelemetry/api')).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining(path.join('node_modules/other/node_modules/@opentelemetry/api')),
  })
  expect(result.find('@opentelemetry/api')?.detail).toContain('1.9.1')
})

test.for<[string, number | undefined, RegExp]>([
  ['a dead endpoint', undefined, /connection refused: nobody listens/],
  ['a wrong token (401)', 401, /401; the token is wrong or missing/],
  ['an unknown token (403)', 403, /403; the token is not known there/],
  ['a wrong path (404)', 404, /404; nothing takes OTLP at this path/],
])('%s', async ([, status, detail]) => {
  if (status === undefined) await sink.stop()
  else sink.behaviour = { status }
  const result = await doctor()
  expect(result.code).toBe(1)
  expect(result.find('traces to')?.status).toBe('failed')
  expect(result.find('traces to')?.detail).toMatch(detail)
})

test('a web page instead of OTLP', async () => {
  sink.behaviour = 'html'
  expect((await doctor()).find('traces to')?.detail).toMatch(/not an OTLP endpoint/)
})

test('no DSN, and a wrong one', async () => {
  expect((await doctor([], { UPTRACE_DSN: '' })).find('destination')).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining('no DSN'),
  })
  expect((await doctor([], { UPTRACE_DSN: 'https://sEcReTtOkEn@host:bad' })).find('destination')).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining("can't be parsed"),
  })
})

test.for<[string, Partial<BuildOptions>, RegExp]>([
  ['from its own folder', { absWorkingDir: ROOT }, /made by a bundler with express.* inside/],
  [
    'from another folder',
    { absWorkingDir: path.join(ROOT, 'test/diagnostics') },
    /made by a bundler with express.* inside/,
  ],
  ['minified, where no names are left', { minify: true }, /made by a bundler: leave packages external/],
])('a bundled app, made %s: why express is not traced', async ([, options, detail]) => {
  const file = path.join(folder, 'bundle.cjs')
  const stdin = { contents: APP, resolveDir: ROOT }
  await build({ stdin, bundle: true, platform: 'node', format: 'cjs', outfile: file, ...options })
  const result = await doctor(['--', process.execPath, file])
  expect(result.find('bundle')?.detail).toMatch(detail)
  expect(result.find('bundle')?.status).toBe(options.minify ? 'warning' : 'failed')
  expect(result.code).toBe(options.minify ? 0 : 1)
  expect(result.find('instrumentations')?.detail).not.toContain('express')
})

test.for<[string, string, Record<string, string>]>([
  ['a DSN in the code', 'dsn: DSN', { UPTRACE_DSN: '' }],
  ['a DSN in the code, before that of the environment', 'dsn: DSN', { UPTRACE_DSN: 'http://t@localhost:1' }],
  ['an endpoint in the code', "endpoint: URL, headers: { 'api-key': 'sEcReTtOkEn' }", { UPTRACE_DSN: '' }],
])('%s: its back end is asked', async ([, option, env]) => {
  sink.behaviour = { status: 403 }
  const file = path.join(folder, 'app.cjs')
  const code = option
    .replace('DSN', `'http://sEcReTtOkEn@localhost:${sink.port}'`)
    .replace('URL', `'http://localhost:${sink.port}'`)
  writeFileSync(file, `require('uptrace-node').configureOpentelemetry({ ${code} })`)
  const result = await doctor(['--', process.execPath, file], env)
  expect(result.code).toBe(1)
  expect(result.find('destination')).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(/configured by the program/),
  })
  expect(result.find('traces to')).toMatchObject({ status: 'failed', detail: expect.stringMatching(/^403/) })
  expect(sink.requests.length).toBeGreaterThan(0)
})

test('a program that has no destination anywhere fails', async () => {
  const file = path.join(folder, 'app.cjs')
  writeFileSync(file, '')
  const result = await doctor(['--', process.execPath, file], { UPTRACE_DSN: '' })
  expect(result.code).toBe(1)
  expect(result.find('destination')).toMatchObject({ status: 'failed' })
})

test('a program that its code turns off is said to be, whatever the environment says', async () => {
  const file = path.join(folder, 'app.cjs')
  const code = `disabled: true, dsn: 'http://t@localhost:${sink.port}'`
  writeFileSync(file, `require('uptrace-node').configureOpentelemetry({ ${code} })`)
  for (const UPTRACE_DSN of ['', `http://t@localhost:${sink.port}`]) {
    const result = await doctor(['--', process.execPath, file], { UPTRACE_DSN })
    expect(result.code).toBe(1)
    const detail = expect.stringMatching(/^disabled by the disabled option/)
    expect(result.find('destination')).toMatchObject({ status: 'failed', detail })
  }
})

test.for([
  [['--password', 'hunter2']],
  [['--password=hunter2']],
  [['-phunter2', 'user:hunter2']],
  [['PASSWORD=hunter2']],
])('arguments are not shown, and nothing is left in the temporary folder: %j', async ([args]) => {
  const file = path.join(folder, 'app.cjs')
  writeFileSync(file, '')
  const temporary = path.join(folder, 'tmp')
  mkdirSync(temporary)
  const result = await doctor(['--', process.execPath, file, ...args!], { TMPDIR: temporary })
  expect(result.find('program')?.detail).toMatch(/^node \S+app\.cjs … ended with code 0/)
  expect(result.output).not.toContain('hunter2')
  expect(readdirSync(temporary)).toEqual([])
})

test.for([['--password=hunter2'], ['hunter2'], ['--json=hunter2'], ['-x', 'hunter2']])(
  'an argument that is not known ends it with code 2 and is not repeated: %j',
  async (args) => {
    const cli = path.join(ROOT, 'dist/cli.cjs')
    const { error, output } = await new Promise<{ error: { code?: unknown } | null; output: string }>((resolve) => {
      execFile(process.execPath, [cli, 'doctor', ...args], (error, stdout, stderr) =>
        resolve({ error, output: stdout + stderr }),
      )
    })
    expect(error?.code).toBe(2)
    expect(output).toMatch(/unknown argument[\s\S]*Usage/)
    expect(output).not.toContain('hunter2')
  },
)

test('libraries that nothing traces are named, however they were loaded', async () => {
  for (const name of ['mqtt', 'nats']) {
    mkdirSync(path.join(folder, 'node_modules', name), { recursive: true })
    writeFileSync(path.join(folder, 'node_modules', name, 'package.json'), '{"version":"1.0.0"}')
    writeFileSync(path.join(folder, 'node_modules', name, 'index.js'), '')
  }
  const file = path.join(folder, 'app.mjs')
  writeFileSync(
    file,
    `import 'mqtt'; import { createRequire } from 'node:module'; createRequire(import.meta.url)('nats')`,
  )
  const { output } = await doctor(['--', process.execPath, '--import', 'uptrace-node/register', file])
  for (const name of ['mqtt', 'nats']) expect(output).toContain(`${name} is loaded: spans are missing`)
})
