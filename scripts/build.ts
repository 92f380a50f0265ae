/** Builds dist/: one CommonJS implementation in lazy chunks, a thin ESM facade a door, one rolled-up declaration file a door. */
import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { decode, encode } from '@jridgewell/sourcemap-codec'
import { transform } from 'esbuild'
import { type InputOptions, type Plugin, rolldown } from 'rolldown'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import { LAZY_PACKAGES } from '../src/lazy.ts'
import { buildApi, useApiDoor } from './build-api.ts'
import { checkOrder, giveValues } from './build-exports.ts'
import { buildUi } from './build-ui.ts'
import { writeNotices } from './notices.ts'

const root = path.join(import.meta.dirname, '..')
/** Another folder than dist/ lets two builds run side by side. */
const dist = path.resolve(root, process.env.UPTRACE_NODE_DIST ?? 'dist')
/** Public doors: dist name -> source. A door missing from src is left out. */
const DOORS: Record<string, string> = {
  index: 'src/index.ts',
  register: 'src/register.ts',
  pino: 'src/pino.ts',
  bundler: 'src/bundler.ts',
  viewer: 'src/viewer/index.ts',
  testing: 'src/testing.ts',
  'testing-jest': 'src/testing-jest.ts',
}
/** A door for vitest, which exists as an ES module only; so does this one, beside the bundle. */
const VITEST_DOOR = 'testing-vitest'
/** Further entries that run on their own: the command, and the processes and workers we start. */
const PROGRAMS: Record<string, string> = {
  cli: 'src/cli.ts',
  'viewer-process': 'src/viewer/process/main.ts',
  'exit-worker': 'src/delivery/exit/worker.ts',
  'block-worker': 'src/instrument/event-loop/worker.ts',
}
const EXTERNAL = [
  /^node:/,
  /^@opentelemetry\/api($|\/)/,
  /^import-in-the-middle($|\/)/,
  /^pino($|\/)/,
  /^vitest($|\/)/,
  /^@modelcontextprotocol\/sdk($|\/)/,
]

const present = (entries: Record<string, string>) =>
  Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(path.join(root, file))))

/** One entry for each instrumentation of the catalogue, so that it is a chunk which loads when its target does. */
async function instrumentationEntries(): Promise<Record<string, string>> {
  const names = (await readdir(path.join(root, 'node_modules/@opentelemetry'))).filter((name) =>
    name.startsWith('instrumentation-'),
  )
  return Object.fromEntries(
    names.map((name) => [`instrumentations/${name.slice('instrumentation-'.length)}`, `@opentelemetry/${name}`]),
  )
}

const lazyEntries = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(LAZY_PACKAGES).map(([name, specifier]) => [
      `lazy/${name}`,
      specifier.startsWith('.') ? path.join(root, 'src', specifier) : specifier,
    ]),
  )

/** OpenTelemetry's own build hides a late `require` from bundlers as `__require`; what it names is not installed beside our bundle. */
const bundleLateRequires: Plugin = {
  name: 'bundle-late-requires',
  transform(code, id) {
    if (!/@opentelemetry[\\/].*\.mjs$/.test(id) || !code.includes('__require("@opentelemetry/')) return null
    return code.replaceAll('__require("@opentelemetry/', 'require("@opentelemetry/')
  },
}

const conventions = createRequire(import.meta.url)('@opentelemetry/semantic-conventions') as Record<string, unknown>

/** A `require` of the conventions brings all of their hundreds of names; a package in CommonJS gets those that it reads. */
const takeConventionsByName: Plugin = {
  name: 'take-conventions-by-name',
  transform(code, id) {
    if (!id.includes('node_modules') || !code.includes('= require("@opentelemetry/semantic-conventions")')) return null
    const names = new Set([...code.matchAll(/semantic_conventions_1\.(\w+)/g)].map(([, name]) => name!))
    const used = Object.fromEntries([...names].map((name) => [name, conventions[name]]))
    return code.replace('require("@opentelemetry/semantic-conventions")', JSON.stringify(used))
  },
}

/**
 * `import * as api` makes the bundler wrap the API in an object of bound getters, which V8 calls through its runtime: with some twenty uses a span
 * that is a good part of what tracing costs. What is wrapped has the same properties.
 */
const useApiAsItIs: Plugin = {
  name: 'use-api-as-it-is',
  renderChunk(code) {
    return code.replace(/^(_opentelemetry_api\w*) = [\w.]*__toESM\(\1, 1\);$/gm, '')
  },
}

/** An application may bundle all this into an ES module, where there is no such name: the program stands in for the file. */
const doWithoutFilename: Plugin = {
  name: 'do-without-filename',
  renderChunk(code) {
    return code.replaceAll(
      'require("url").pathToFileURL(__filename).href',
      'require("url").pathToFileURL(typeof __filename === "undefined" ? process.argv[1] || "/" : __filename).href',
    )
  },
}

/** How every bundle is made. */
const BUNDLING = {
  cwd: root,
  platform: 'node',
  external: EXTERNAL,
  transform: { target: 'node20', define: { UPTRACE_NODE_BUNDLED: 'true' } },
  resolve: { conditionNames: ['node', 'import', 'default'] },
  plugins: [bundleLateRequires, takeConventionsByName, useApiAsItIs, doWithoutFilename, useApiDoor, giveValues],
  // modules of Node do nothing at load that anybody counts on; detectors are instances, which a bundler dares not drop by itself
  treeshake: {
    moduleSideEffects: (id: string, isExternal: boolean) => !isExternal && !id.includes('/@opentelemetry/resources/'),
  },
  onwarn(warning) {
    if (warning.code === 'UNRESOLVED_IMPORT') throw new Error(warning.message)
  },
} satisfies InputOptions

/**
 * What an application loads at start is one file, since each further one costs it a search, a read and a compilation. What other programs
 * need as well stays apart, so that they do not load the rest; the small leaves of it are one file too.
 */
async function findCore(): Promise<{ core: Set<string>; base: Set<string> }> {
  const atStart = await reachableFrom(['src/index.ts', 'src/register.ts'])
  const elsewhere = await reachableFrom([...Object.values(present(PROGRAMS)), DOORS.viewer!])
  // a door is a file of its own: what it does at load is for those who open it
  const doors = new Set(Object.values(DOORS).map((file) => path.join(root, file)))
  const own = [...atStart].filter((id) => !doors.has(id))
  return {
    core: new Set(own.filter((id) => !elsewhere.has(id))),
    base: new Set(own.filter((id) => elsewhere.has(id) && LEAVES.test(inProject(id)))),
  }
}

/** Modules that load without anything being asked for late. */
async function reachableFrom(files: readonly string[]): Promise<Set<string>> {
  const bundle = await rolldown({ ...BUNDLING, input: files.map((file) => path.join(root, file)) })
  const { output } = await bundle.generate({ format: 'cjs' })
  await bundle.close()
  const chunks = new Map(output.flatMap((chunk) => (chunk.type === 'chunk' ? [[chunk.fileName, chunk] as const] : [])))
  const seen = new Set<string>()
  const visit = (fileName: string): void => {
    if (seen.has(fileName) || !chunks.has(fileName)) return
    seen.add(fileName)
    chunks.get(fileName)!.imports.forEach(visit)
  }
  for (const chunk of chunks.values()) if (chunk.isEntry) visit(chunk.fileName)
  return new Set([...seen].flatMap((fileName) => chunks.get(fileName)!.moduleIds))
}

const inProject = (id: string): string => path.relative(root, id).replaceAll('\\', '/')

/** Small, and needed by most programs. */
const LEAVES = /^(package\.json|src\/[^/]+|src\/delivery\/queue\/batch\.ts)$/

/** What several instrumentations consist of, and that of http, which nearly all programs have. */
const SHARED = /^src\/instrument\/(http\/(?!index)|(call-in|channels|define|durations|error-text|run-in-span)\.ts$)/

/** @returns the files that went into it */
async function buildImplementation(): Promise<string[]> {
  const { core, base } = await findCore()
  const input = { ...present(DOORS), ...present(PROGRAMS), ...(await instrumentationEntries()), ...lazyEntries() }
  const bundle = await rolldown({ ...BUNDLING, input })
  const { output } = await bundle.write({
    dir: dist,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    sourcemap: true,
    exports: 'named',
    keepNames: true,
    // what editors show is in the declarations
    comments: { legal: true, annotation: true, jsdoc: false },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'base', test: (id) => base.has(id) },
        // by itself, so that it is minified
        { name: 'sdk', test: (id) => core.has(id) && id.includes('node_modules') },
        { name: 'core', test: (id) => core.has(id) },
        // a file costs its place on the disk and a part of the start, however little is in it
        {
          name: 'instrument',
          test: (id) => !core.has(id) && SHARED.test(inProject(id)),
        },
        { name: 'asserting', test: (id) => inProject(id).startsWith('src/viewer/testing/') },
        {
          name: 'run-app',
          test: (id) => /^src\/(run-child|viewer\/process\/(run-app|usage))\.ts$/.test(inProject(id)),
        },
        // those that start a program
        { name: 'machine-id', test: /\/machine-id\/(getMachineId-(?!linux)|execAsync)/ },
      ],
    },
  })
  await bundle.close()
  checkOrder(output)
  await Promise.all(output.map((chunk) => (chunk.type === 'chunk' ? slim(chunk.fileName, chunk.moduleIds) : undefined)))
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
}

interface SourceMap {
  readonly mappings: string
  readonly names: unknown
  readonly sourcesContent?: unknown
}

/** Our code that runs in processes of its own: commands, the viewer and what it reads, the doctor. */
const TOOLS =
  /^src\/(viewer|commands|diagnostics)\/|^src\/(cli|run|run-child)\.ts$|^src\/wire\/(decode|foreign-span|protobuf-reader|wire-error)/
/** A file below this many bytes is read without a map, which would take as much on the disk. */
const LEAST_MAPPED_BYTES = 8_000

/**
 * What others wrote, and tools, are minified and have no map. Our code in the application's process stays as it can be read, with a map that names files
 * and lines of the repository but does not repeat them: otherwise an install would be three times the size.
 */
async function slim(fileName: string, moduleIds: readonly string[]): Promise<void> {
  const file = path.join(dist, fileName)
  const map = `${file}.map`
  const isOurs = moduleIds.some((id) => {
    const inRepository = inProject(id)
    return inRepository.startsWith('src/') && !TOOLS.test(inRepository)
  })
  if (isOurs) {
    if (!existsSync(map)) return
    const own = asAscii(await readFile(file, 'utf8'))
    if (own.length < LEAST_MAPPED_BYTES) {
      await rm(map)
      await writeFile(file, withoutMap(own))
      return
    }
    await writeFile(file, own)
    const { sourcesContent: _, names: __, ...content } = JSON.parse(await readFile(map, 'utf8')) as SourceMap
    const lines = decode(content.mappings).map((segments) => segments.slice(0, 1).map((segment) => segment.slice(0, 4)))
    await writeFile(
      map,
      JSON.stringify({ ...content, names: [], mappings: encode(lines as ReturnType<typeof decode>) }),
    )
    return
  }
  await rm(map, { force: true })
  const code = withoutMap(await readFile(file, 'utf8'))
  const minified = await transform(code, {
    minify: true,
    // Node shows the line that threw, which is better not the whole file
    lineLimit: 160,
    keepNames: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
  })
  await writeFile(file, minified.code)
}

/** V8 reads a file of plain ASCII as one byte a character, and twice as many when a single one is not. */
function asAscii(code: string): string {
  const spoilt = /\\\P{ASCII}|String\.raw`[^`]*\P{ASCII}/u.exec(code)
  if (spoilt) throw new Error(`an escape would change what this means: ${spoilt[0]}`)
  return code.replace(/\P{ASCII}/gu, (character) =>
    [...character.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  )
}

const withoutMap = (code: string): string => code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')

async function buildDeclarations(): Promise<void> {
  const doors = new Map(Object.entries(present(DOORS)).map(([door, file]) => [path.join(root, file), door]))
  for (const [input, door] of doors) {
    // a door that uses the types of another one refers to them
    const otherDoor = (id: string, importer = input): string | undefined => {
      const file = path.resolve(path.dirname(importer), id)
      return file === input || !/^[./]/.test(id) ? undefined : doors.get(file)
    }
    const bundle = await rollup({
      input,
      external: (id, importer) => EXTERNAL.some((pattern) => pattern.test(id)) || otherDoor(id, importer) !== undefined,
      plugins: [
        dts({ tsconfig: path.join(root, 'tsconfig.json'), respectExternal: true, compilerOptions: { noEmit: false } }),
      ],
      onwarn(warning) {
        if (warning.code === 'UNRESOLVED_IMPORT') throw new Error(warning.message)
      },
    })
    const { output } = await bundle.generate({
      format: 'es',
      paths: (id) => (otherDoor(id) === undefined ? id : `./${otherDoor(id)}.mjs`),
    })
    await bundle.close()
    await mkdir(path.join(dist, 'types'), { recursive: true })
    const code = asModule(output[0].code)
    await writeFile(path.join(dist, 'types', `${door}.d.cts`), code.replace(/(from '\.\/[\w-]+)\.mjs'/g, "$1.cjs'"))
    // as the implementation: one, and a cover
    await writeFile(path.join(dist, 'types', `${door}.d.mts`), `export * from './${door}.cjs'\n`)
  }
}

/** What only adds to the types of others has to be a module all the same. */
const asModule = (code: string): string => (/^export\b/m.test(code) ? code : `${code}\nexport {}\n`)

/** What ES modules have taken from their copy of the API is told of our providers. */
const ADOPTION = `import * as api from '@opentelemetry/api'\nimport adoption from './lazy/adopt-api.cjs'\nadoption.adoptApi(api)\n`

/** The ESM side of a door re-exports the CommonJS implementation, so that state exists once. */
async function writeFacades(): Promise<void> {
  const load = createRequire(path.join(dist, 'index.cjs'))
  for (const door of Object.keys(present(DOORS))) {
    // these do something, and export nothing
    if (door === 'register' || door === 'testing-jest') {
      await writeFile(path.join(dist, `${door}.mjs`), `import './${door}.cjs'\n`)
      continue
    }
    const names = Object.keys(load(`./${door}.cjs`)).filter(
      (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default',
    )
    await writeFile(
      path.join(dist, `${door}.mjs`),
      `import implementation from './${door}.cjs'\n${door === 'index' ? ADOPTION : ''}export const {\n${names.map((name) => `  ${name},\n`).join('')}} = implementation\n`,
    )
  }
}

/** What it does, and what it declares, as two files: a bundler of declarations would lose the import that makes the second one an addition. */
async function writeVitestDoor(): Promise<void> {
  const source = (await readFile(path.join(root, `src/${VITEST_DOOR}.ts`), 'utf8')).replace(
    './testing.ts',
    './testing.mjs',
  )
  const { code } = await transform(source, { loader: 'ts' })
  await writeFile(path.join(dist, `${VITEST_DOOR}.mjs`), code)
  await mkdir(path.join(dist, 'types'), { recursive: true })
  await writeFile(path.join(dist, 'types', `${VITEST_DOOR}.d.mts`), source.replace(/^expect\..*\n/m, ''))
}

/**
 * Tools that copy what a program needs (Next.js, Nitro, Vercel) read the code, and only see files that are named in it: a function that nobody
 * calls names those which load late.
 */
async function nameLateFiles(): Promise<void> {
  const folders = ['chunks', 'instrumentations', 'lazy'].map((name) => `path.join(__dirname, ${JSON.stringify(name)});`)
  const files = ['index.cjs', 'exit-worker.cjs'].map((name) => `path.join(__dirname, ${JSON.stringify(name)});`)
  const packages = ['', '/hook.mjs', '/create-hook.mjs'].map((end) => `require.resolve("import-in-the-middle${end}");`)
  // webpack takes what it sees required into the bundle, ES modules too; it sees nothing in a branch that it knows is dead
  const named = `if (typeof __webpack_require__ !== "function") { ${packages.join(' ')} }`
  const code = `\nfunction lateFiles() { const path = require("path"); try { ${[...folders, ...files].join(' ')} ${named} } catch {} }\n`
  for (const door of ['index.cjs', 'register.cjs']) await appendFile(path.join(dist, door), code)
}

await rm(dist, { recursive: true, force: true })
await mkdir(dist, { recursive: true })
const bundled = [...(await buildImplementation()), ...(await buildApi(dist))]
if (!process.argv.includes('--no-types')) await buildDeclarations()
await writeFacades()
await writeVitestDoor()
await nameLateFiles()
bundled.push(...(await buildUi(path.join(dist, 'ui'))))
await writeNotices(dist, bundled)
