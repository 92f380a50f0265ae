/** Builds the pages of the viewer and holds them to their size; run by itself, into src/viewer/ui/dist for work on them. */
import { cp, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'

const LIMIT_BYTES = 260_000
const ui = path.join(import.meta.dirname, '../src/viewer/ui')

/** @returns the files that went into it */
export async function buildUi(out: string): Promise<string[]> {
  await rm(out, { recursive: true, force: true })
  const { metafile } = await build({
    entryPoints: { app: path.join(ui, 'main.tsx') },
    outdir: out,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  })
  for (const name of ['index.html', 'icon.svg']) await cp(path.join(ui, name), path.join(out, name))

  const sizes = await Promise.all(['app.js', 'app.css'].map(async (name) => (await stat(path.join(out, name))).size))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total > LIMIT_BYTES) throw new Error(`the pages are ${total} bytes minified; the limit is ${LIMIT_BYTES}`)
  process.stdout.write(`viewer pages: ${(total / 1000).toFixed(1)} kB minified\n`)
  return Object.keys(metafile.inputs).map((file) => path.resolve(file))
}

if (import.meta.main) await buildUi(path.join(ui, 'dist'))
