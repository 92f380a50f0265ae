/** The modules in the cache of CommonJS, without what is none: Node puts JSON there that was imported, and tests put their fakes. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** With the names they go by in the cache. */
export function loadedModules(): Array<[filename: string, cached: NodeJS.Module]> {
  return Object.entries(require.cache).filter((entry): entry is [string, NodeJS.Module] => isLoaded(entry[1]))
}

/** Whether it is a module of CommonJS whose code has run. */
export function isLoaded(cached: unknown): cached is NodeJS.Module {
  if (typeof cached !== 'object' || cached === null) return false
  try {
    const { filename, loaded, require: own, children } = cached as NodeJS.Module
    return loaded && typeof filename === 'string' && typeof own === 'function' && Array.isArray(children)
  } catch {
    // a fake may have getters that throw
    return false
  }
}
