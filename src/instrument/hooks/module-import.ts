/** The ESM side: sees each `import` before it loads anything, and lets import-in-the-middle wrap what an instrumentation patches. */
import Module, { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { log } from '../../log.ts'
import { moduleNameOf, withPristineRequire } from './module-require.ts'

interface Hook {
  applyOptions(options: { shouldInclude: (url: string, specifier: string) => boolean }): void
  resolveSync: Module.ResolveHookSync
  loadSync: Module.LoadHookSync
}

const require = createRequire(import.meta.url)

export interface ImportWatch {
  /** How ES modules are seen: by hooks in this thread, by the older loader thread, or not at all. */
  readonly kind: 'sync' | 'async' | 'none'
  /** Tells the loader thread of targets. */
  include?(targets: readonly string[]): void
}

/** Calls `onSight` before a package or built-in is imported; those for which `isTarget` answers true can then be patched. */
export function watchImport(
  onSight: (moduleName: string) => boolean,
  isTarget: (moduleName: string) => boolean,
): ImportWatch {
  if (!canHookInThread()) return watchFromLoaderThread(onSight)
  let wrapper: Hook | undefined
  /** What it takes to create the wrapper may be a target itself, such as node:fs. */
  let isCreating = false
  const createOnce = (): void => {
    if (wrapper || isCreating) return
    isCreating = true
    try {
      wrapper = createWrapper(isTarget)
      isCreating = false
    } catch (error) {
      // thrown from here it would be the import of the application that fails; it is not tried again
      log.warn(`imports can't be instrumented: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  Module.registerHooks({
    resolve(specifier, context, nextResolve) {
      if (isCreating || context.conditions?.includes('require')) return nextResolve(specifier, context)
      const name = moduleNameOf(specifier)
      if (name !== undefined && isTarget(name)) {
        onSight(name)
        createOnce()
      }
      return wrapper ? wrapper.resolveSync(specifier, context, nextResolve) : nextResolve(specifier, context)
    },
    load: (url, context, nextLoad) => (wrapper ? wrapper.loadSync(url, context, nextLoad) : nextLoad(url, context)),
  })
  return { kind: 'sync' }
}

/** import-in-the-middle, driven from our hooks instead of registering its own, so that it sees the import at hand. */
function createWrapper(isTarget: (moduleName: string) => boolean): Hook {
  const { createHook } = withPristineRequire(() => require('import-in-the-middle/create-hook.mjs')) as {
    createHook(meta: { url: string }): Hook
  }
  const hook = createHook({ url: pathToFileURL(require.resolve('import-in-the-middle/hook.mjs')).href })
  hook.applyOptions({
    shouldInclude: (url) => {
      const name = moduleNameOf(url)
      return name !== undefined && isTarget(name)
    },
  })
  return hook
}

/**
 * For Node versions without usable `module.registerHooks`: a loader in its own thread wraps the targets. It does not ask this thread before it
 * loads one, so their instrumentations have to be there from the start.
 */
function watchFromLoaderThread(onSight: (moduleName: string) => boolean): ImportWatch {
  if (typeof Module.register !== 'function') return { kind: 'none' }
  const known = new Set<string>()
  return {
    kind: 'async',
    include(targets) {
      const added = targets.filter((name) => !known.has(name))
      for (const name of added) known.add(name)
      const include = added.flatMap((name) => (Module.isBuiltin(name) ? [name, `node:${name}`] : [name]))
      if (added.length > 0) Module.register('import-in-the-middle/hook.mjs', import.meta.url, { data: { include } })
      for (const name of targets) onSight(name)
    },
  }
}

/** How ES modules would be seen by this version of Node. */
export function importHookKind(): ImportWatch['kind'] {
  if (canHookInThread()) return 'sync'
  return typeof Module.register === 'function' ? 'async' : 'none'
}

/** Versions whose synchronous load hooks accept what import-in-the-middle returns (nodejs/node#59929). */
function canHookInThread(): boolean {
  if (typeof Module.registerHooks !== 'function') return false
  const [major = 0, minor = 0, patch = 0] = process.versions.node.split('.').map((part) => Number.parseInt(part, 10))
  const since: Record<number, [number, number]> = { 22: [22, 3], 24: [11, 1], 25: [1, 0] }
  if (major >= 26) return true
  const needed = since[major]
  return needed !== undefined && (minor > needed[0] || (minor === needed[0] && patch >= needed[1]))
}
