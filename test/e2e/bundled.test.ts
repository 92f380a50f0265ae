/** Bundled applications: the recipes trace, and an app with everything inside runs on, with one line that says what is missing. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { rolldown } from 'rolldown'
import { afterEach, beforeEach, expect, test } from 'vitest'
import webpack from 'webpack'
import { type Sink, startSink } from '../faults/sink.ts'
import { type RunResult, runFile } from '../support/run-node.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const APP = `
const { configureOpentelemetry } = require('uptrace-node')
configureOpentelemetry({ metricsEnabled: false })
const express = require('express')
const { trace } = require('@opentelemetry/api')
const server = express().get('/posts/:id', (request, response) => response.send('ok')).listen(0, async () => {
  await trace.getTracer('app').startActiveSpan('work', async (span) => {
    await (await fetch('http://127.0.0.1:' + server.address().port + '/posts/1')).text()
    span.end()
  })
  server.close()
  console.log('the app runs')
})`

let sink: Sink
let folder: string
beforeEach(async () => {
  sink = await startSink()
  mkdirSync(path.join(ROOT, '.cache/programs'), { recursive: true })
  folder = mkdtempSync(path.join(ROOT, '.cache/programs/bundled-'))
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(ROOT, path.join(folder, 'node_modules/uptrace-node'))
  writeFileSync(path.join(folder, 'app.cjs'), APP)
})
afterEach(() => sink.close())

const BUNDLERS = {
  esbuild: async (external: boolean): Promise<void> => {
    await build({
      entryPoints: [path.join(folder, 'app.cjs')],
      outfile: path.join(folder, 'bundle.cjs'),
      bundle: true,
      platform: 'node',
      logLevel: 'error',
      ...(external && { packages: 'external' as const }),
    })
  },
  webpack: (external: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const isPackage = /^[a-z@]/
      webpack(
        {
          target: 'node',
          mode: 'production',
          context: folder,
          entry: './app.cjs',
          output: { path: folder, filename: 'bundle.cjs' },
          ...(external && {
            externals: [
              ({ request = '' }, done) => (isPackage.test(request) ? done(undefined, `commonjs ${request}`) : done()),
            ],
          }),
        },
        (error, stats) => (error || stats?.hasErrors() ? reject(error ?? new Error(stats?.toString())) : resolve()),
      )
    }),
}

function run(file: string): Promise<RunResult> {
  return runFile(file, { env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` } })
}

const names = (): string[] => sink.items('traces').map(({ name }) => name)
const cases = (Object.keys(BUNDLERS) as Array<keyof typeof BUNDLERS>).map((name) => [name] as const)

test.for(cases)('%s with packages external: everything is traced', { timeout: 60_000 }, async ([bundler]) => {
  await BUNDLERS[bundler](true)
  expect(await run(path.join(folder, 'bundle.cjs'))).toMatchObject({ code: 0, stderr: '', stdout: 'the app runs\n' })
  expect(names()).toEqual(expect.arrayContaining(['work', 'GET', 'GET /posts/:id', 'request handler']))
})

const inside = new Map<string, Buffer>()

/** The bundle of the app with all its packages, which is built once. */
async function bundleInside(bundler: keyof typeof BUNDLERS): Promise<string> {
  const file = path.join(folder, 'bundle.cjs')
  const made = inside.get(bundler)
  if (made) writeFileSync(file, made)
  else {
    await BUNDLERS[bundler](false)
    inside.set(bundler, readFileSync(file))
  }
  return file
}

test.for(cases)(
  '%s with everything inside, node_modules installed: http is traced with the route that express leaves, the libraries inside are not',
  { timeout: 60_000 },
  async ([bundler]) => {
    expect(await run(await bundleInside(bundler))).toMatchObject({ code: 0, stdout: 'the app runs\n' })
    expect(names().sort()).toEqual(['GET', 'GET /posts/:id', 'work'])
  },
)

test.for(cases)(
  '%s with everything inside, alone: the app runs, its own spans arrive, one line says why there are no others',
  { timeout: 60_000 },
  async ([bundler]) => {
    const bundle = await bundleInside(bundler)
    const alone = path.join(mkdtempSync(path.join(tmpdir(), 'uptrace-alone-')), 'bundle.cjs')
    copyFileSync(bundle, alone)
    const { code, stdout, stderr } = await run(alone)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'the app runs\n' })
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^uptrace: uptrace-node was put into a bundle, .*no library is instrumented.*external/),
    ])
    expect(names()).toEqual(['work'])
  },
)

const BANNER = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
const ESM: Readonly<Record<string, (input: string, output: string) => Promise<unknown>>> = {
  esbuild: (input, output) =>
    build({
      entryPoints: [input],
      outfile: output,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
      banner: { js: BANNER },
    }),
  rolldown: async (input, output) => {
    const bundle = await rolldown({ input, platform: 'node' })
    await bundle.write({ file: output, format: 'esm', codeSplitting: false })
  },
}

test.for(Object.keys(ESM))(
  '%s into an ES module, alone: the app runs, and one line says what is missing',
  { timeout: 60_000 },
  async (name) => {
    const source = `import { configureOpentelemetry } from 'uptrace-node'; configureOpentelemetry({ metricsEnabled: false }); console.log('the app runs')`
    writeFileSync(path.join(folder, 'app.mjs'), source)
    const alone = path.join(mkdtempSync(path.join(tmpdir(), 'uptrace-alone-')), 'bundle.mjs')
    await ESM[name]!(path.join(folder, 'app.mjs'), alone)
    const { code, stdout, stderr } = await run(alone)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'the app runs\n' })
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^uptrace: uptrace-node was put into a bundle/)])
  },
)
