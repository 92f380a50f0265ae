/** Builds dist/: one CommonJS implementation in lazy chunks, a thin ESM facade a door, one rolled-up declaration file a door. */
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { LAZY_PACKAGES } from '../src/lazy.ts'

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
  Object.fromEntries(Object.entries(LAZY_PACKAGES).map(([name, specifier]) => [`lazy/${name}`, specifier]))

async function buildImplementation(): Promise<void> {
  const bundle = await rolldown({
    cwd: root,
    input: { ...present(DOORS), ...present(PROGRAMS), ...(await instrumentationEntries()), ...lazyEntries() },
    platform: 'node',
    external: EXTERNAL,
    transform: { target: 'node20', define: { UPTRACE_NODE_BUNDLED: 'true' } },
    resolve: { conditionNames: ['node', 'import', 'default'] },
    onwarn(warning) {
      if (warning.code === 'UNRESOLVED_IMPORT') throw new Error(warning.message)
    },
  })
  await bundle.write({
    dir: dist,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    sourcemap: true,
    exports: 'named',
    keepNames: true,
  })
  await bundle.close()
}

async function buildDeclarations(): Promise<void> {
  const bundle = await rolldown({
    cwd: root,
    input: present(DOORS),
    external: EXTERNAL,
    plugins: [dts({ tsconfig: path.join(root, 'tsconfig.json'), emitDtsOnly: true, resolver: 'tsc' })],
  })
  await bundle.write({ dir: path.join(dist, 'types'), format: 'es' })
  await bundle.close()
  const types = path.join(dist, 'types')
  for (const name of await readdir(types)) {
    if (!name.endsWith('.d.ts')) continue
    const text = await readFile(path.join(types, name), 'utf8')
    const base = name.slice(0, -'.d.ts'.length)
    await writeFile(path.join(types, `${base}.d.mts`), text.replaceAll(/from "(\.\/[^"]+)\.js"/g, 'from "$1.mjs"'))
    await writeFile(path.join(types, `${base}.d.cts`), text.replaceAll(/from "(\.\/[^"]+)\.js"/g, 'from "$1.cjs"'))
    await rm(path.join(types, name))
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
if (existsSync(path.join(root, 'src/viewer/ui/dist'))) {
  await cp(path.join(root, 'src/viewer/ui/dist'), path.join(dist, 'ui'), { recursive: true })
}
