/** Where a trace is to be found, and what a service is called that nobody named. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { attributesOf, type Sink } from '../faults/sink.ts'
import { PACKAGE, runFile } from '../support/run-node.ts'
import { dsnOf, importsOf, MODULES, run, withFolder, withSink } from './support.ts'

describe.concurrent('C26', () => {
  test.for<[string, Record<string, string>, string]>([
    ['OTEL_EXPORTER_OTLP_ENDPOINT of a Collector', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, ''],
    [
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' },
      '',
    ],
    ['the option endpoint', {}, `endpoint: 'http://collector.test:4318'`],
    ['the option endpoint over gRPC', {}, `endpoint: 'http://127.0.0.1:4317', protocol: 'grpc'`],
  ])('C26 · %s: a trace has no address at Uptrace', async ([, env, option]) => {
    const source = `${importsOf('cjs', 'configureOpentelemetry, traceUrl')} configureOpentelemetry({ ${option} })
      console.log(traceUrl(api.trace.getTracer('t').startSpan('s'))); process.exit()`
    const { stdout } = await run('cjs', source, { env: { ...env, UPTRACE_EXIT_TIMEOUT: '1' } })
    expect(stdout).not.toMatch(/uptrace\.dev/)
    expect(stdout).toMatch(/^(http:\/\/(127\.0\.0\.1|collector\.test)\S*)?\n$/)
  })

  test.for<[string, string, string]>([
    ['disabled', `configureOpentelemetry({ disabled: true })`, `api.trace.getTracer('t').startSpan('s')`],
    ['without a DSN', `configureOpentelemetry()`, `api.trace.getTracer('t').startSpan('s')`],
    ['not configured', ``, `api.trace.getTracer('t').startSpan('s')`],
    [
      'on, for a span that is none',
      `configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', logLevel: 'none' })`,
      `api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT)`,
    ],
  ])('C26 · telemetry %s: a trace has no address at all', async ([, configure, span]) => {
    const source = `${importsOf('cjs', 'configureOpentelemetry, traceUrl')} ${configure}; console.log(JSON.stringify(traceUrl(${span})))`
    expect((await run('cjs', source)).stdout).toBe('""\n')
  })
})

describe.concurrent('C27', () => {
  /** A program in a project of its own, by a Node that is started as told. */
  const nameOf = (
    sink: Sink,
    files: Readonly<Record<string, string>>,
    program: string,
    node: (folder: string) => string = () => process.execPath,
    /** What node is told to run. */
    given = program,
  ): Promise<unknown> =>
    withFolder(async (folder) => {
      mkdirSync(path.join(folder, 'node_modules/@opentelemetry'), { recursive: true })
      symlinkSync(PACKAGE, path.join(folder, 'node_modules/uptrace-node'))
      symlinkSync(path.join(MODULES, '@opentelemetry/api'), path.join(folder, 'node_modules/@opentelemetry/api'))
      files = {
        ...files,
        [program]: `${importsOf('cjs')} configureOpentelemetry({ dsn: '${dsnOf(sink)}' }); api.trace.getTracer('t').startSpan('s').end()`,
      }
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
        writeFileSync(path.join(folder, name), text)
      }
      expect(await runFile(path.join(folder, given), { node: node(folder) })).toMatchObject({ code: 0 })
      const groups = sink.received.flatMap(({ request }) => request.resourceSpans ?? [])
      return attributesOf(groups[0].resource)['service.name']
    })

  test.for<[string, Record<string, string>, string, string, string?]>([
    ['no package.json: no path', {}, 'app.js', 'unknown_service:node'],
    ['a package.json beside the program', { 'package.json': '{"name":"shop"}' }, 'app.js', 'shop'],
    ['a package.json two folders up', { 'package.json': '{"name":"@team/shop"}' }, 'src/server/app.js', '@team/shop'],
    ['the ending of the program left out', { 'package.json': '{"name":"shop"}' }, 'app.js', 'shop', 'app'],
    ['a folder to run', { 'api/package.json': '{"name":"api"}' }, 'api/index.js', 'api', 'api'],
    ['a package.json without a name', { 'package.json': '{"private":true}' }, 'app.js', 'unknown_service:node'],
  ])('C27 · node started by its path, no service name, %s', ([, files, program, right, given]) =>
    withSink(async (sink) => expect(await nameOf(sink, files, program, undefined, given)).toBe(right)),
  )

  test('C27 · node started by a link of another name', () =>
    withSink(async (sink) => {
      const link = (folder: string): string => {
        symlinkSync(process.execPath, path.join(folder, 'runtime'))
        return path.join(folder, 'runtime')
      }
      expect(await nameOf(sink, {}, 'app.js', link)).toMatch(/^unknown_service:(node|runtime)$/)
    }))
})
