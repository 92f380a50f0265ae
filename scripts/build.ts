/** Builds dist/: one CommonJS implementation in lazy chunks, a thin ESM facade a door, one rolled-up declaration file a door. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import { LAZY_PACKAGES } from '../src/lazy.ts'
import { buildUi } from './build-ui.ts'

const root = path.join(import.meta.dirname, '..')
/** Another folder than dist/ lets two builds run side by side. */
const dist = path.resolve(root, process.env.UPTRACE_NODE_DIST ?? 'dist')
/** Public doors: dist name -> source. A door missing from src is left out. */
const DOORS: Record<string, string> = {
  index: 'src/index.ts',
  register: 'src/register.ts',
  pino: 'src/pino.ts',
  viewer: 'src/viewer/index.ts',
}
/** Further entries that run on their own: the command, and the processes and workers we start. */
const PROGRAMS: Record<string, string> = {
  cli: 'src/cli.ts',
  'viewer-process': 'src/viewer/process.ts',
  'exit-worker': 'src/delivery/exit-worker.ts',
  'esm-hooks': 'src/instrument/esm-hooks.ts',
}
const EXTERNAL = [/^node:/, /^@opentelemetry\/api($|\/)/, /^import-in-the-middle($|\/)/, /^pino($|\/)/]

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

async function buildImplementation(): Promise<void> {
  const bundle = await rolldown({
    cwd: root,
    input: { ...present(DOORS), ...present(PROGRAMS), ...(await instrumentationEntries()), ...lazyEntries() },
    platform: 'node',
    external: EXTERNAL,
    transform: { target: 'node20', define: { UPTRACE_NODE_BUNDLED: 'true' } },
    resolve: { conditionNames: ['node', 'import', 'default'] },
    plugins: [bundleLateRequires],
    onwarn(warning) {
      if (warning.code === 'UNRESOLVED_IMPORT') throw new Error(warning.message)
    },
  })
  const { output } = await bundle.write({
    dir: dist,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    sourcemap: true,
    exports: 'named',
    keepNames: true,
  })
  await bundle.close()
  await writeNotices(output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])))
}

/** Names, versions and licence texts of every package that has code in the bundle. */
async function writeNotices(moduleIds: readonly string[]): Promise<void> {
  const folders = new Set(
    moduleIds
      .map((id) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1])
      .filter((folder) => folder !== undefined),
  )
  const notices = await Promise.all(
    [...folders].sort().map(async (folder) => {
      const { name, version, license } = JSON.parse(
        await readFile(path.join(folder, 'package.json'), 'utf8'),
      ) as Record<string, string>
      const entries = await readdir(folder, { withFileTypes: true })
      const texts = entries
        .filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying)/i.test(entry.name))
        .map((entry) => entry.name)
      if (license === undefined && texts.length === 0) throw new Error(`${name} is bundled but has no licence`)
      const contents = await Promise.all(texts.map((file) => readFile(path.join(folder, file), 'utf8')))
      return { heading: `${name} ${version} (${license})`, text: contents.join('\n').trim() }
    }),
  )
  // many packages share one text: each text is given once
  const byText = Map.groupBy(notices, ({ text }) => text)
  const sections = [...byText].map(
    ([text, group]) =>
      `${group.map(({ heading }) => heading).join('\n')}\n\n${text || 'The package ships no licence text; the licence named above applies.'}`,
  )
  await writeFile(
    path.join(dist, 'THIRD-PARTY-NOTICES.txt'),
    `This package bundles the following software.\n\n${sections.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`,
  )
}

/** Rolled up a door at a time, third-party declarations inlined: the packages they come from are not installed by users. */
async function buildDeclarations(): Promise<void> {
  for (const [door, file] of Object.entries(present(DOORS))) {
    const bundle = await rollup({
      input: path.join(root, file),
      external: (id) => EXTERNAL.some((pattern) => pattern.test(id)),
      plugins: [
        dts({ tsconfig: path.join(root, 'tsconfig.json'), respectExternal: true, compilerOptions: { noEmit: false } }),
      ],
      onwarn(warning) {
        if (warning.code === 'UNRESOLVED_IMPORT') throw new Error(warning.message)
      },
    })
    const { output } = await bundle.generate({ format: 'es' })
    await bundle.close()
    await mkdir(path.join(dist, 'types'), { recursive: true })
    for (const ending of ['.d.mts', '.d.cts'])
      await writeFile(path.join(dist, 'types', `${door}${ending}`), output[0].code)
  }
}

/** The ESM side of a door re-exports the CommonJS implementation, so that state exists once. */
async function writeFacades(): Promise<void> {
  const load = createRequire(path.join(dist, 'index.cjs'))
  for (const door of Object.keys(present(DOORS))) {
    if (door === 'register') {
      await writeFile(path.join(dist, 'register.mjs'), "import './register.cjs'\n")
      continue
    }
    const names = Object.keys(load(`./${door}.cjs`)).filter(
      (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default',
    )
    await writeFile(
      path.join(dist, `${door}.mjs`),
      `import implementation from './${door}.cjs'\nexport const {\n${names.map((name) => `  ${name},\n`).join('')}} = implementation\n`,
    )
  }
}

await rm(dist, { recursive: true, force: true })
await mkdir(dist, { recursive: true })
await buildImplementation()
if (!process.argv.includes('--no-types')) await buildDeclarations()
await writeFacades()
await buildUi(path.join(dist, 'ui'))
