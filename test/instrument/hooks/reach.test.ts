/** A package is known by what it is, however it was reached: by `require` and by `import`. */
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { runFile } from '../../support/run-node.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
const PROGRAMS = process.env['UPTRACE_TEST_PROGRAMS'] ?? path.join(ROOT, '.cache/programs')
const MODULES = path.join(ROOT, 'node_modules')

interface Way {
  /** What the program asks for; `HERE` stands for its folder. */
  readonly specifier: string
  readonly manifest?: object
  /** Puts things into the folder of the program. */
  readonly prepare?: (folder: string, modules: string, from: string) => void
  readonly flags?: (folder: string) => string[]
  readonly only?: 'cjs' | 'mjs'
}

const copy = (name: string) => (_folder: string, modules: string, from: string) =>
  cpSync(from, path.join(modules, name), { recursive: true })
const link = (name: string) => (_folder: string, modules: string, from: string) =>
  symlinkSync(from, path.join(modules, name))

const waysOf = (name: string, entry: string): Record<string, Way> => ({
  'its name': { specifier: name },
  'a name in "imports"': { specifier: '#db', manifest: { imports: { '#db': name } } },
  'a pattern in "imports"': { specifier: `#dep/${name}`, manifest: { imports: { '#dep/*': '*' } } },
  'an alias of npm': { specifier: 'other-name', prepare: copy('other-name') },
  'a scoped alias of npm': {
    specifier: '@own/thing',
    prepare: (folder, modules, from) => {
      mkdirSync(path.join(modules, '@own'))
      copy('@own/thing')(folder, modules, from)
    },
  },
  'an alias in "imports"': {
    specifier: '#db',
    manifest: { imports: { '#db': 'other-name' } },
    prepare: copy('other-name'),
  },
  'a link with a name made up by a bundler': {
    specifier: `${name}-0123456789abcdef`,
    prepare: link(`${name}-0123456789abcdef`),
  },
  'a copy with a name made up by a bundler': {
    specifier: `${name}-0123456789abcdef`,
    prepare: copy(`${name}-0123456789abcdef`),
  },
  'the path of its file': { specifier: path.join(MODULES, name, entry) },
  'the URL of its file': { specifier: pathToFileURL(path.join(MODULES, name, entry)).href, only: 'mjs' },
  'a relative path': {
    specifier: `./deps/${entry}`,
    prepare: (folder, _modules, from) => symlinkSync(from, path.join(folder, 'deps')),
  },
  'a folder beside': {
    specifier: `HERE/vendor/${entry}`,
    prepare: (folder, _modules, from) => cpSync(from, path.join(folder, 'vendor'), { recursive: true }),
  },
  'a patched resolver': { specifier: '@db', only: 'cjs', flags: (folder) => ['-r', path.join(folder, 'resolver.cjs')] },
  'a loader after us': {
    specifier: '@db',
    flags: (folder) => ['--import', pathToFileURL(path.join(folder, 'hooks.mjs')).href],
  },
  'a loader that answers by itself': {
    specifier: '@db',
    flags: (folder) => ['--import', pathToFileURL(path.join(folder, 'short.mjs')).href],
  },
})

const RESOLVER = (target: string): string =>
  `const Module = require('module'); const resolve = Module._resolveFilename; Module._resolveFilename = function (id, ...rest) { return resolve.call(this, id === '@db' ? ${JSON.stringify(target)} : id, ...rest) }`
const HOOKS = (target: string): string =>
  `import { registerHooks } from 'node:module'; registerHooks({ resolve: (specifier, context, next) => next(specifier === '@db' ? ${JSON.stringify(target)} : specifier, context) })`
const SHORT = (url: string): string =>
  `import { registerHooks } from 'node:module'; registerHooks({ resolve: (specifier, context, next) => specifier === '@db' ? { url: ${JSON.stringify(url)}, format: 'commonjs', shortCircuit: true } : next(specifier, context) })`

const USES = {
  express: {
    entry: 'index.js',
    use: `const app = found(); app.get('/users/:id', (request, response) => response.end()); const server = app.listen(0, () => require('http').get({ port: server.address().port, path: '/users/1', agent: false }, (response) => response.resume().on('end', () => server.close())))`,
    scope: 'express',
  },
  graphql: {
    entry: 'index.js',
    use: `found.graphqlSync({ schema: found.buildSchema('type Query { a: Int }'), source: '{ a }' })`,
    scope: 'graphql',
  },
  redis: {
    entry: 'dist/index.js',
    use: `const client = found.createClient({ url: 'redis://127.0.0.1:1', socket: { reconnectStrategy: false } }); client.on('error', () => {}); client.connect().catch(() => {})`,
    scope: 'redis',
  },
} as const

const cases = Object.entries(USES).flatMap(([name, { entry }]) =>
  Object.entries(waysOf(name, entry)).flatMap(([way, one]) =>
    (['cjs', 'mjs'] as const)
      .filter((kind) => (one.only ?? kind) === kind)
      .map((kind) => [name as keyof typeof USES, way, kind, one] as const),
  ),
)
// what redis patches is in a package of its own, which keeps its name
const chosen = cases.filter(
  ([name, way]) =>
    name === 'express' ||
    (name === 'graphql' ? /alias of|relative|bundler/.test(way) : /name in "imports"|URL/.test(way)),
)

test.for(chosen)('%s by %s, %s', async ([name, _way, kind, way]) => {
  const { folder, file } = prepare(name, kind, way)
  const register = ['--import', pathToFileURL(path.join(ROOT, 'dist/register.mjs')).href]
  for (const flags of [
    [...register, ...(way.flags?.(folder) ?? [])],
    [...(way.flags?.(folder) ?? []), ...register],
  ]) {
    const { stdout, stderr, code } = await runFile(file, {
      flags,
      env: { UPTRACE_DSN: 'http://t@127.0.0.1:9', OTEL_TRACES_EXPORTER: 'console', UPTRACE_NODE_EXIT_TIMEOUT: '1' },
    })
    expect({ code, stderr: stderr.replace(/.*(can't be delivered|were not delivered|dropped).*\n/g, '') }).toEqual({
      code: 0,
      stderr: '',
    })
    expect(
      JSON.parse(
        stdout
          .split('\n')
          .find((line) => line.startsWith('ACTIVE '))!
          .slice(7),
      ),
    ).toContain(USES[name].scope)
    expect(stdout).toContain(`TRACED ${USES[name].scope}`)
    if (way.flags === undefined) break
  }
})

function prepare(name: keyof typeof USES, kind: 'cjs' | 'mjs', way: Way): { folder: string; file: string } {
  mkdirSync(PROGRAMS, { recursive: true })
  const folder = mkdtempSync(path.join(PROGRAMS, 'r-'))
  const modules = path.join(folder, 'node_modules')
  mkdirSync(modules)
  symlinkSync(ROOT, path.join(modules, 'uptrace-node'))
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, ...way.manifest }))
  const { entry, use } = USES[name]
  const target = path.join(MODULES, name, entry)
  writeFileSync(path.join(folder, 'resolver.cjs'), RESOLVER(target))
  writeFileSync(path.join(folder, 'hooks.mjs'), HOOKS(kind === 'cjs' ? target : pathToFileURL(target).href))
  writeFileSync(path.join(folder, 'short.mjs'), SHORT(pathToFileURL(target).href))
  way.prepare?.(folder, modules, path.join(MODULES, name))
  const specifier = JSON.stringify(way.specifier.replace('HERE', folder))
  const load =
    kind === 'cjs'
      ? `const found = require(${specifier})`
      : `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const found = ((all) => all.default ?? all)(await import(${specifier}))`
  const file = path.join(folder, `main.${kind}`)
  // spans are taken from the provider that is there: what started one is its scope
  const watch = `const traced = new Set(); const api = require('@opentelemetry/api'); const getTracer = api.trace.getTracerProvider; const { configureOpentelemetry } = require('uptrace-node'); const telemetry = configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false, runtimeMetrics: false, spanProcessors: [{ onStart() {}, onEnd: (span) => { const scope = span.instrumentationScope.name.split('instrumentation-').pop(); traced.add(scope); console.log('TRACED ' + scope) }, forceFlush: async () => {}, shutdown: async () => {} }] })`
  const own = kind === 'cjs' ? `${watch}; ${load}` : load.replace('const found', `${watch}; const found`)
  writeFileSync(
    file,
    `${own}; ${use}; const end = () => { if (!traced.has('${USES[name].scope}') && performance.now() < 10_000) return setTimeout(end, 50); console.log('ACTIVE ' + JSON.stringify(telemetry.diagnostics().active)); process.exit(0) }; setTimeout(end, 100)`,
  )
  return { folder, file }
}
