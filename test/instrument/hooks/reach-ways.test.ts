/** A package is known by what it is in unusual cases too, with the preload and with a configuration in code, which may come late. */
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { runFile } from '../../support/run-node.ts'
import { WAYS, type Way } from './ways.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
const PROGRAMS = process.env['UPTRACE_TEST_PROGRAMS'] ?? path.join(ROOT, '.cache/programs')
const MODULES = path.join(ROOT, 'node_modules')
const REGISTER = ['--import', pathToFileURL(path.join(ROOT, 'dist/register.mjs')).href]
const REDIS = 'UPTRACE_TEST_REDIS_URL'
const POSTGRES = 'UPTRACE_TEST_POSTGRES_URL'
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
const CONFIGURE = `require('uptrace-node').configureOpentelemetry()`
const KINDS = ['cjs', 'mjs'] as const

interface Library {
  readonly name: string
  /** What it is used by, as `found`. */
  readonly use: string
  /** A part of what tells of the span. */
  readonly span: string
  readonly needs?: string
}

const EXPRESS: Library = {
  name: 'express',
  use: `const server = found().get('/users/:id', (request, response) => response.end()).listen(0, () => require('http').get({ port: server.address().port, path: '/users/1', agent: false }, (response) => response.resume().on('end', () => server.close())))`,
  span: 'span GET /users/:id',
}
const IOREDIS: Library = {
  name: 'ioredis',
  use: `const client = new (found.default ?? found)(process.env.${REDIS}); client.get('a').then(() => client.disconnect())`,
  span: 'scope=@opentelemetry/instrumentation-ioredis',
  needs: REDIS,
}
const NODE_REDIS: Library = {
  name: 'redis',
  use: `const client = found.createClient({ url: process.env.${REDIS} }); client.connect().then(() => client.get('a')).then(() => client.close())`,
  span: 'scope=@opentelemetry/instrumentation-redis',
  needs: REDIS,
}
const PG: Library = {
  name: 'pg',
  use: `const client = new found.Client(process.env.${POSTGRES}); client.connect().then(() => client.query('SELECT 1')).then(() => client.end())`,
  span: 'span SELECT',
  needs: POSTGRES,
}

const alias: Way = { both: 'db', copies: ['node_modules/db'] }
const ROWS: ReadonlyArray<readonly [Library, string, Way]> = [
  ...Object.entries(WAYS).map(([title, way]) => [EXPRESS, title, way] as const),
  [IOREDIS, 'the file of its class', { both: 'ioredis/built/Redis.js' }],
  [IOREDIS, 'an alias', alias],
  [NODE_REDIS, 'an alias', alias],
  [PG, 'an alias', alias],
  [
    PG,
    'a condition in "imports"',
    { both: '#db', files: { 'package.json': { name: 'app', imports: { '#db': { node: 'pg' } } } } },
  ],
]
const cases = ROWS.flatMap(([library, title, way]) =>
  KINDS.filter((kind) => (way.both ?? way[kind]) !== undefined).map(
    (kind) => [library.name, title, kind, library, way] as const,
  ),
)

test.for(cases)('%s by %s, %s', async ([, , kind, library, way], { skip }) => {
  if (library.needs !== undefined && process.env[library.needs] === undefined) skip()
  const load = `const found = ${loadOf(way, kind)}; ${library.use}`
  const [preloaded, inCode] = [prepare(library, way), prepare(library, way)]
  await Promise.all([
    expectSpan(library, preloaded, `main.${kind}`, program(kind, '', load), [...REGISTER, ...flagsOf(way, preloaded)]),
    expectSpan(library, inCode, `main.${kind}`, program(kind, CONFIGURE, load), flagsOf(way, inCode)),
  ])
})

const linked: Way = { both: 'express', copies: ['fork'], links: { 'node_modules/express': 'fork' } }
const LATE = [
  ['an alias', alias],
  ['a link', linked],
].flatMap(([title, way]) =>
  (['a require', 'an import', 'an import beside'] as const).map((how) => [title as string, how, way as Way] as const),
)

test.for(LATE)('%s of express by %s in front of the configuration', async ([, how, way]) => {
  const folder = prepare(EXPRESS, way)
  const kind = how === 'a require' ? 'cjs' : 'mjs'
  const imported = `import found from '${way.both}'; ${REQUIRE}`
  const sources = {
    'a require': program('cjs', `const found = require('${way.both}'); ${CONFIGURE}`, EXPRESS.use),
    'an import': `${imported} ${CONFIGURE}; ${EXPRESS.use}`,
    'an import beside': `import './telemetry.cjs'; ${imported} ${EXPRESS.use}`,
  }
  writeFileSync(path.join(folder, 'telemetry.cjs'), CONFIGURE)
  await expectSpan(EXPRESS, folder, `main.${kind}`, sources[how], [])
})

test('what cannot be known for a target works, and is not called active', async () => {
  const vendored: Way = {
    files: {
      'node_modules/wrapper/package.json': { name: 'wrapper', version: '1.0.0', main: 'index.js' },
      'node_modules/wrapper/index.js': `module.exports = require('./vendor/index.js')`,
    },
    copies: ['node_modules/wrapper/vendor'],
  }
  const folder = prepare(EXPRESS, vendored)
  const source = `const telemetry = ${CONFIGURE}; require('wrapper')(); console.log(telemetry.diagnostics().active)`
  const { stdout, code } = await run(folder, 'main.cjs', source, [])
  expect(code).toBe(0)
  expect(stdout).toContain("'http'")
  expect(stdout).not.toContain('express')
})

function program(kind: 'cjs' | 'mjs', first: string, then: string): string {
  return kind === 'cjs' ? `${first}; (async () => { ${then} })()` : `${REQUIRE} ${first}; ${then}`
}

/** What CommonJS exports, also where a module between hands it on. */
function loadOf(way: Way, kind: 'cjs' | 'mjs'): string {
  const both = JSON.stringify(way.both)
  const load = way[kind] ?? (kind === 'cjs' ? `require(${both})` : `await import(${both})`)
  return `((all) => all.default ?? all)(${load})`
}

function flagsOf(way: Way, folder: string): string[] {
  if (way.before === undefined) return [...(way.flags ?? [])]
  const file = path.join(folder, 'before.mjs')
  writeFileSync(file, way.before)
  return ['--import', pathToFileURL(file).href]
}

/** @returns the folder of the program */
function prepare({ name }: Library, { files = {}, copies = [], links = {}, home = '' }: Way): string {
  mkdirSync(PROGRAMS, { recursive: true })
  const folder = mkdtempSync(path.join(PROGRAMS, 'w-'))
  const place = (inside: string): string => {
    mkdirSync(path.dirname(path.join(folder, inside)), { recursive: true })
    return path.join(folder, inside)
  }
  symlinkSync(ROOT, place(path.join(home, 'node_modules/uptrace-node')))
  for (const inside of copies) cpSync(path.join(MODULES, name), place(inside), { recursive: true })
  for (const [inside, target] of Object.entries(links)) symlinkSync(path.join(folder, target), place(inside))
  for (const [inside, content] of Object.entries({ [path.join(home, 'package.json')]: { name: 'app' }, ...files }))
    writeFileSync(place(inside), typeof content === 'string' ? content : JSON.stringify(content))
  return path.join(folder, home)
}

async function expectSpan(
  { span }: Library,
  folder: string,
  name: string,
  source: string,
  flags: readonly string[],
): Promise<void> {
  const { stdout, stderr, code } = await run(folder, name, source, flags)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(span)
}

function run(folder: string, name: string, source: string, flags: readonly string[]): ReturnType<typeof runFile> {
  writeFileSync(path.join(folder, name), source)
  const env = { OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }
  return runFile(path.join(folder, name), { flags, env })
}
