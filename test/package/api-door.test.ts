/** The bundle brings the API in one file, and takes the installed one where that is another version or there already: telemetry is linked either way. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { installOurs } from '../programs/install.ts'
import { runFile } from '../support/run-node.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-node-api-'))
const manifest = path.join(folder, 'node_modules/@opentelemetry/api/package.json')
let sink: Sink
let original = ''
beforeAll(async () => {
  sink = await startSink()
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  installOurs(folder)
  original = readFileSync(manifest, 'utf8')
})
afterAll(async () => {
  await sink.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Files of the package beside its entry. */
const COUNT = `const count = () => Object.keys(require.cache).filter((file) => file.includes('@opentelemetry')).length - 1`
const USE = `
  const tracer = api.trace.getTracer('app')
  withSpan(process.env.NAME, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    tracer.startActiveSpan('inner', (span) => {
      api.metrics.getMeter('app').createCounter(process.env.NAME + '.count').add(1)
      api.logs.getLogger('app').emit({ body: process.env.NAME })
      const headers = {}
      api.propagation.inject(api.context.active(), headers)
      console.log(before, headers.traceparent.split('-')[1] === span.spanContext().traceId)
      span.end()
    })
  })`
const PROGRAMS: Readonly<Record<string, string>> = {
  'main.cjs': `${COUNT}; const before = count(); const api = require('@opentelemetry/api'); const { withSpan } = require('uptrace-node'); ${USE}`,
  'main.mjs': `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); ${COUNT}; const before = count(); import * as api from '@opentelemetry/api'; import { withSpan } from 'uptrace-node'; ${USE}`,
  'early.cjs': `const api = require('@opentelemetry/api'); ${COUNT}; const tracer0 = api.trace.getTracer('early'); const { configureOpentelemetry, withSpan } = require('uptrace-node'); configureOpentelemetry(); const before = api === require('@opentelemetry/api') ? 0 : -1; ${USE}`,
}

test.for([
  ['main.cjs', '1.10.0', 'preload', false],
  ['main.mjs', '1.10.0', 'preload', false],
  ['early.cjs', '1.10.0', 'code', false],
  ['main.cjs', '1.10.1', 'preload', true],
  ['main.mjs', '1.10.1', 'preload', true],
  ['early.cjs', '1.10.1', 'code', false],
] as const)('%s with API %s, configured by %s', async ([file, version, how, isInstalledTaken]) => {
  writeFileSync(manifest, original.replace(/("version": )"[^"]*"/, `$1"${version}"`))
  writeFileSync(path.join(folder, file), PROGRAMS[file]!)
  const name = `${file} ${version}`
  const { stdout, stderr, code } = await runFile(path.join(folder, file), {
    flags: how === 'preload' ? ['--import', 'uptrace-node/register'] : [],
    env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}`, NAME: name },
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [before, isLinked] = stdout.trim().split(' ')
  expect(isLinked).toBe('true')
  // for the preload alone
  expect(Number(before) > 0).toBe(isInstalledTaken)
  const spans = sink.items('traces')
  const outer = spans.find((span) => span.name === name)!
  const inner = spans.find((span) => span.name === 'inner' && span.traceId === outer.traceId)!
  expect(inner.parentSpanId).toBe(outer.spanId)
  expect(sink.items('logs').find((record) => record.spanId === inner.spanId)).toBeDefined()
  expect(sink.items('metrics').some((metric) => metric.name === `${name}.count`)).toBe(true)
})

test('one copy for all that require it', async () => {
  writeFileSync(manifest, original)
  const source = `
    const { context, ProxyTracerProvider, ROOT_CONTEXT, trace } = require('@opentelemetry/api')
    const again = require('module').createRequire(__filename)('@opentelemetry/api')
    console.log(context.active() === ROOT_CONTEXT, trace.getTracerProvider() instanceof ProxyTracerProvider, again.trace === trace, again.__esModule, String(again))`
  writeFileSync(path.join(folder, 'same.cjs'), source)
  const { stdout } = await runFile(path.join(folder, 'same.cjs'), {
    flags: ['--import', 'uptrace-node/register'],
    env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` },
  })
  expect(stdout).toBe('true true true true [object Module]\n')
})

test('one copy in a bundle that holds all, beside the packages', async () => {
  writeFileSync(manifest, original)
  const source = `
    const tracer = require('@opentelemetry/api').trace.getTracer('early')
    require('uptrace-node').configureOpentelemetry()
    console.log(tracer.startSpan('early').isRecording())`
  writeFileSync(path.join(folder, 'bundled.cjs'), source)
  const outfile = path.join(folder, 'bundle.cjs')
  await build({ entryPoints: [path.join(folder, 'bundled.cjs')], outfile, bundle: true, platform: 'node' })
  const { stdout } = await runFile(outfile, { env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` } })
  expect(stdout).toBe('true\n')
})

const TAKEN = `
  import { logs, trace } from '@opentelemetry/api'
  export const tracer = trace.getTracer('taken')
  export const logger = logs.getLogger('taken')
  export const provider = trace.getTracerProvider()`
test.for([
  ['configured in code', `configureOpentelemetry()`, []],
  ['configured by the preload', ``, ['--import', 'uptrace-node/register']],
] as const)('what ES modules took before this package was there, %s', async ([name, configure, flags]) => {
  writeFileSync(manifest, original)
  writeFileSync(path.join(folder, 'taken.mjs'), TAKEN)
  const source = `
    import { logger, provider, tracer } from './taken.mjs'
    import { trace } from '@opentelemetry/api'
    import { configureOpentelemetry } from 'uptrace-node'
    ${configure}
    tracer.startActiveSpan(${JSON.stringify(name)}, (span) => {
      logger.emit({ body: ${JSON.stringify(name)} })
      provider.getTracer('later').startSpan('of a provider').end()
      console.log(trace.getActiveSpan() === span)
      span.end()
    })`
  writeFileSync(path.join(folder, 'early.mjs'), source)
  const { stdout, stderr } = await runFile(path.join(folder, 'early.mjs'), {
    flags,
    env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` },
  })
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
  const span = sink.items('traces').find((one) => one.name === name)!
  expect(sink.items('logs').find((record) => record.spanId === span.spanId)).toBeDefined()
  expect(sink.items('traces').some((one) => one.name === 'of a provider' && one.parentSpanId === span.spanId)).toBe(
    true,
  )
})

test('what another SDK holds stays its own', async () => {
  const source = `
    import { trace } from '@opentelemetry/api'
    const own = { getTracer: () => ({ startSpan: () => 'own' }) }
    trace.setGlobalTracerProvider(own)
    const { configureOpentelemetry } = await import('uptrace-node')
    configureOpentelemetry()
    console.log(trace.getTracer('x').startSpan('y'))`
  writeFileSync(path.join(folder, 'foreign.mjs'), source)
  const { stdout } = await runFile(path.join(folder, 'foreign.mjs'), {
    env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` },
  })
  expect(stdout).toBe('own\n')
})
