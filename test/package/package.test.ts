/** The packed tarball in an empty folder: it installs small and alone, runs in ESM and CommonJS, and its types compile. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runFile } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-node-package-'))
const npm = (args: string[], cwd: string): string =>
  execFileSync('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

let sink: Sink
beforeAll(async () => {
  sink = await startSink()
  const [{ filename }] = JSON.parse(
    npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT),
  ) as [{ filename: string }]
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  npm(['install', `./${filename}`, '@opentelemetry/api@1.10.0'], folder)
}, 120_000)
afterAll(async () => {
  await sink.close()
  rmSync(folder, { recursive: true, force: true })
})

test.for(['mjs', 'cjs'] as const)('five lines (%s) deliver three signals', async (kind) => {
  const options = `{ dsn: 'http://t@localhost:${sink.port}', serviceName: 'five-${kind}', serviceVersion: '1.0.0', deploymentEnvironment: 'test' }`
  const file = path.join(folder, `five.${kind}`)
  const imports =
    kind === 'mjs'
      ? `import * as api from '@opentelemetry/api'\nimport { configureOpentelemetry } from 'uptrace-node'`
      : `const api = require('@opentelemetry/api')\nconst { configureOpentelemetry } = require('uptrace-node')`
  writeFileSync(
    file,
    `${imports}\nconfigureOpentelemetry(${options})\napi.trace.getTracer('t').startSpan('s').end()\napi.logs.getLogger('l').emit({ body: 'b' })\napi.metrics.getMeter('m').createCounter('c').add(1)\n`,
  )
  expect(await runFile(file)).toMatchObject({ code: 0, stdout: '', stderr: '' })
  const mine = sink.received.filter(({ request }) => JSON.stringify(request).includes(`five-${kind}`))
  expect([...new Set(mine.map(({ signal }) => signal))].sort()).toEqual(['logs', 'metrics', 'traces'])
  for (const { headers, request } of mine) {
    expect(headers).toMatchObject({
      'uptrace-dsn': `http://t@localhost:${sink.port}`,
      'content-type': 'application/x-protobuf',
    })
    const [group] = request.resourceSpans ?? request.resourceMetrics ?? request.resourceLogs
    expect(attributesOf(group.resource)).toMatchObject({
      'service.version': '1.0.0',
      'deployment.environment.name': 'test',
    })
  }
})

test('register works from the tarball, with --import and with -r', async () => {
  for (const [kind, flags, imports] of [
    ['mjs', ['--import', 'uptrace-node/register'], `import { createServer } from 'node:http'`],
    ['cjs', ['-r', 'uptrace-node/register'], `const { createServer } = require('http')`],
  ] as const) {
    const file = path.join(folder, `server.${kind}`)
    writeFileSync(
      file,
      `${imports}\nconst server = createServer((q, r) => r.end()).listen(0, async () => { await fetch('http://localhost:' + server.address().port + '/${kind}'); server.close() })`,
    )
    expect(await runFile(file, { flags, env: { UPTRACE_DSN: `http://t@localhost:${sink.port}` } })).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(sink.items('traces').some((span) => span.kind === 2 && attributesOf(span)['url.path'] === `/${kind}`)).toBe(
      true,
    )
  }
})

test('it installs without scripts, in few packages and megabytes, with one copy of the API', () => {
  const modules = path.join(folder, 'node_modules')
  const manifests = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(^|\/)node_modules\/?(@[^/]+\/)?[^/]+\/package\.json$|^(@[^/]+\/)?[^/]+\/package\.json$/.test(file),
  )
  const packages = manifests.map(
    (file) =>
      JSON.parse(readFileSync(path.join(modules, file), 'utf8')) as { name: string; scripts?: Record<string, string> },
  )
  expect(
    packages
      .filter(({ scripts }) => scripts?.install ?? scripts?.preinstall ?? scripts?.postinstall)
      .map(({ name }) => name),
  ).toEqual([])
  expect(packages.filter(({ name }) => name === '@opentelemetry/api')).toHaveLength(1)
  expect(packages.length).toBeLessThanOrEqual(6)
  const kilobytes = Number(execFileSync('du', ['-sk', modules], { encoding: 'utf8' }).split('\t')[0])
  expect(kilobytes).toBeLessThanOrEqual(6.5 * 1024)
})

test('nothing stands between the bundle and the API, which each span uses some twenty times', () => {
  const dist = path.join(folder, 'node_modules/uptrace-node/dist')
  const chunks = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.cjs'))
  const users = chunks.filter((file) => readFileSync(path.join(dist, file), 'utf8').includes('/api-door.cjs"'))
  expect(users.length).toBeGreaterThan(10)
  for (const file of users)
    expect(readFileSync(path.join(dist, file), 'utf8'), file).not.toMatch(/__toESM\(\w*opentelemetry_api/)
})

test("the SDK's tracer is not loaded at start", () => {
  const chunks = path.join(folder, 'node_modules/uptrace-node/dist/chunks')
  for (const file of readdirSync(chunks).filter((name) => name.endsWith('.cjs')))
    expect(readFileSync(path.join(chunks, file), 'utf8'), file).not.toMatch(/MultiSpanProcessor|SpanImpl/)
})

test('what is bundled is named: licences for people, a bill of materials for tools', () => {
  const dist = path.join(folder, 'node_modules/uptrace-node/dist')
  const notices = readFileSync(path.join(dist, 'THIRD-PARTY-NOTICES.txt'), 'utf8')
  const bill = JSON.parse(readFileSync(path.join(dist, 'sbom.cdx.json'), 'utf8')) as {
    bomFormat: string
    metadata: { component: { purl: string } }
    components: Array<{ name: string; version: string; 'bom-ref': string; licenses?: unknown }>
  }
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'uptrace-node' } } })
  for (const name of ['@opentelemetry/sdk-trace', '@opentelemetry/instrumentation-pg', 'preact', 'semver'])
    expect(bill.components.map((component) => component.name)).toContain(name)
  for (const { name, version, licenses } of bill.components) {
    expect(notices).toContain(`${name} ${version} (`)
    expect(licenses, name).toBeDefined()
  }
  expect(new Set(bill.components.map((component) => component['bom-ref'])).size).toBe(bill.components.length)
})

test('the viewer comes with its pages: npx uptrace-node dev prints an address that opens', async () => {
  const file = path.join(folder, 'dev.cjs')
  writeFileSync(file, `require('@opentelemetry/api').trace.getTracer('t').startSpan('from the tarball').end()`)
  const home = path.join(folder, 'home')
  const env = {
    ...process.env,
    CI: '',
    XDG_STATE_HOME: path.join(home, 'state'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
  }
  const bin = path.join(folder, 'node_modules/.bin/uptrace-node')
  const { stderr, status } = spawnSync(process.execPath, [bin, 'dev', '--port', '0', file], { env, encoding: 'utf8' })
  try {
    expect(status).toBe(0)
    const [, address] = /^\S+ +from the tarball .* (http:\S+)$/m.exec(stderr)!
    const page = await fetch(address!)
    expect(page.status).toBe(200)
    const script = await fetch(new URL('/app.js', address))
    expect(script.headers.get('content-type')).toContain('javascript')
    expect((await script.text()).length).toBeGreaterThan(50_000)
  } finally {
    spawnSync(process.execPath, [bin, 'ui', '--stop'], { env })
  }
})

describe('types', () => {
  const SOURCE = `import type { ConfigureOptions, Telemetry } from 'uptrace-node'
import { ConfigError, configureOpentelemetry, rateLimitingSampler, traceUrl, withSpan } from 'uptrace-node'
import { pinoOptions } from 'uptrace-node/pino'
import { startViewer, type Viewer } from 'uptrace-node/viewer'
import { assertSpan, startTelemetry } from 'uptrace-node/testing'
export const asserted: Promise<void> = startTelemetry().then((telemetry) => assertSpan(telemetry, { name: 'a' }))
export const viewer: Promise<Viewer> = startViewer({ memory: true })
const options: ConfigureOptions = { dsn: ['a', 'b'], sampler: rateLimitingSampler(5), instrumentations: { http: false, pg: { enhancedDatabaseReporting: true } } }
export function run(): Telemetry { return configureOpentelemetry(options) }
export const url: string = withSpan('a', (span) => traceUrl(span))
export const level: string = pinoOptions({ level: 'info' as const }).level
export const code = (error: unknown): string | undefined => (error instanceof ConfigError ? error.code : undefined)
// @ts-expect-error a wrong option is found at compile time
configureOpentelemetry({ serviceName: 5 })
`
  const MODES: Array<[string, string, Record<string, unknown>]> = [
    ['ESM', 'main.mts', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['CommonJS', 'main.cts', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['a bundler', 'main.ts', { module: 'esnext', moduleResolution: 'bundler' }],
  ]

  test.for(['5.4', '5.9', '6', '7'])(
    'compile on TypeScript %s, without skipLibCheck',
    { timeout: 120_000 },
    (version, { skip }) => {
      const home = path.join(ROOT, '.cache/typescript', version)
      if (!existsSync(path.join(home, 'node_modules/typescript'))) {
        mkdirSync(home, { recursive: true })
        writeFileSync(path.join(home, 'package.json'), '{"private":true}')
        try {
          npm(['install', '--ignore-scripts', `typescript@${version}`], home)
        } catch {
          console.log(`skipped: TypeScript ${version} cannot be installed (is the registry reachable?)`)
          skip()
        }
      }
      const manifest = JSON.parse(readFileSync(path.join(home, 'node_modules/typescript/package.json'), 'utf8')) as {
        bin: { tsc: string }
      }
      const tsc = path.join(home, 'node_modules/typescript', manifest.bin.tsc)
      for (const [mode, file, options] of MODES) {
        writeFileSync(path.join(folder, file), SOURCE)
        const config = path.join(folder, `tsconfig.${file}.json`)
        const typeRoots = [path.join(ROOT, 'node_modules/@types')]
        writeFileSync(
          config,
          JSON.stringify({
            compilerOptions: {
              ...options,
              target: 'es2022',
              lib: ['es2022', 'esnext.disposable'],
              strict: true,
              noEmit: true,
              types: ['node'],
              typeRoots,
              skipLibCheck: false,
              skipDefaultLibCheck: true,
            },
            files: [file],
          }),
        )
        let output = ''
        try {
          output = execFileSync(process.execPath, [tsc, '-p', config], { cwd: folder, encoding: 'utf8' })
        } catch (error) {
          output = String((error as { stdout: string }).stdout)
        }
        // other people's declarations are not ours to judge
        const ours = output
          .split('\n')
          .filter((line) => /^(main\.|node_modules\/uptrace-node|\.\.\/.*uptrace-node\/dist)/.test(line))
        expect(ours, `${mode} on ${version}`).toEqual([])
        expect(output, `${mode} on ${version}`).not.toMatch(/error TS[15]\d{3}:.*(Option|Unknown)/)
      }
    },
  )
})
