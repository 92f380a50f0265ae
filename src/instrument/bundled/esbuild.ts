/** The plugin for esbuild. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isOurs, isPatched, withHandOver } from './hand-over.ts'

interface Loaded {
  readonly contents: string
  readonly loader: 'js'
  readonly resolveDir: string
}
/** The part of esbuild's builds that is used. */
export interface EsbuildBuild {
  onResolve(options: { filter: RegExp }, run: (args: { path: string }) => { path: string; external: true }): void
  onLoad(
    options: { filter: RegExp; namespace?: string },
    run: (args: { path: string }) => Promise<Loaded | undefined>,
  ): void
}
export interface EsbuildPlugin {
  readonly name: string
  setup(build: EsbuildBuild): void
}

export function createEsbuildPlugin(): EsbuildPlugin {
  return {
    name: 'uptrace-node',
    setup(build) {
      build.onResolve({ filter: /^uptrace-node(\/|$)/ }, ({ path: specifier }) => ({
        path: specifier,
        external: isOurs(specifier) as true,
      }))
      build.onLoad({ filter: /\.[cm]?js$/, namespace: 'file' }, async ({ path: file }) => {
        if (!isPatched(file)) return undefined
        const contents = withHandOver(await readFile(file, 'utf8'), file)
        return contents === undefined ? undefined : { contents, loader: 'js', resolveDir: path.dirname(file) }
      })
    },
  }
}
