/** The modules in the cache of CommonJS, without what is none: Node puts JSON there that was imported, and tests put their fakes. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** With the names they go by in the cache, which begin with `start`. */
export function loadedModules(start = ''): Array<[filename: string, cached: NodeJS.Module]> {
  const found: Array<[string, NodeJS.Module]> = []
  for (const filename of Object.keys(require.cache)) {
    const cached = filename.startsWith(start) ? require.cache[filename] : undefined
    if (isLoaded(cached)) found.push([filename, cached])
  }
  return found
}

export type ParentOf = (cached: NodeJS.Module) => NodeJS.Module | undefined

/**
 * Tells which module has loaded another one: of those that have it among their children, the last that was there before it. To ask for `parent` is
 * deprecated, and ends the application where flags make an error of that.
 */
export function createParentOf(): ParentOf {
  const all = Object.values(require.cache).filter(hasChildren)
  const places = new Map(all.map((module, place) => [module, place]))
  const parents = new Map<NodeJS.Module, NodeJS.Module>()
  for (const [place, parent] of all.entries())
    for (const child of parent.children) if (place < (places.get(child) ?? 0)) parents.set(child, parent)
  return (cached) => parents.get(cached)
}

function hasChildren(cached: unknown): cached is NodeJS.Module {
  try {
    return Array.isArray((cached as NodeJS.Module | null)?.children)
  } catch {
    return false
  }
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
