/** Targets that were loaded before telemetry was configured: patched in place where their exports allow, named where not. */
import Module, { createRequire } from 'node:module'
import { moduleNameOf } from './module-require.ts'

/** One target that was loaded too early. */
export interface LateLoad {
  readonly module: string
  /** The file of the application that loaded it, if Node still knows. */
  readonly loadedBy: string | undefined
}

const require = createRequire(import.meta.url)
/** Built-ins that Node itself or the application may have loaded already. */
const BUILTINS = ['http', 'https', 'net', 'dns', 'fs']

/**
 * Finds targets in the module cache and loads them once more through the hooks, which hands their exports to the instrumentation.
 * `activate` answers whether the module has an instrumentation that is on.
 */
export function attachLate(activate: (moduleName: string) => boolean): LateLoad[] {
  const found = new Map<string, LateLoad>()
  for (const [filename, cached] of Object.entries(require.cache)) {
    const name = filename.includes('node_modules') ? moduleNameOf(filename.replaceAll('\\', '/')) : undefined
    if (name === undefined || !cached?.loaded || !activate(name)) continue
    if (!found.has(name)) found.set(name, { module: name, loadedBy: loaderOf(cached, name) })
    // the hooks see the file as if it were loaded now; its code does not run again
    cached.require(filename)
  }
  const loadedBuiltins = new Set((process as { moduleLoadList?: string[] }).moduleLoadList)
  for (const name of BUILTINS) {
    if (!loadedBuiltins.has(`NativeModule ${name}`) || !activate(name)) continue
    require(name)
    found.set(name, { module: name, loadedBy: undefined })
  }
  if (found.size > 0) Module.syncBuiltinESMExports()
  return [...found.values()]
}

function loaderOf(cached: NodeJS.Module, name: string): string | undefined {
  // deprecated, yet the only place where Node remembers who loaded a module
  let parent = cached.parent
  while (parent && moduleNameOf(parent.filename?.replaceAll('\\', '/') ?? '') === name) parent = parent.parent
  return parent?.filename ?? undefined
}
