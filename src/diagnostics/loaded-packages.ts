/** Names of the packages that a program has loaded, for `doctor`: from the cache of CommonJS, and from imports that are seen. */
import Module, { createRequire } from 'node:module'
import { moduleNameOf } from '../instrument/hooks/module-name.ts'

const require = createRequire(import.meta.url)
const imported = new Set<string>()

/** Costs each import a little: not for programs that run for anything else. */
export function watchImports(): void {
  if (typeof Module.registerHooks !== 'function') return
  Module.registerHooks({
    resolve(specifier, context, nextResolve) {
      const result = nextResolve(specifier, context)
      note(imported, result.url)
      return result
    },
  })
}

export function loadedPackages(): string[] {
  const names = new Set(imported)
  for (const filename of Object.keys(require.cache)) note(names, filename)
  return [...names].sort()
}

function note(names: Set<string>, file: string): void {
  const name = file.includes('node_modules') ? moduleNameOf(file) : undefined
  if (name !== undefined) names.add(name)
}
