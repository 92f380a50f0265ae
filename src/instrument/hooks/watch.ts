/** Installs the module hooks once a process. They ask whichever configuration is active now, so that no start adds to what a `require` costs. */
import { log, orElse } from '../../log.ts'
import { rememberConnections } from '../../node-connections.ts'
import type { Patched } from './choose-loads.ts'
import { createLoadByIdentity } from './load-by-identity.ts'
import { type ImportTargets, type ImportWatch, watchImport } from './module-import.ts'
import { watchRequire, withPristineRequire } from './module-require.ts'

/** What the hooks ask. `onSight` tells whether something has been hooked up that must see this very load. */
export type Watcher = ImportTargets & Patched

let watcher: Watcher | undefined
let importWatch: ImportWatch | undefined

/** From now on the hooks ask this one. */
export function watchModules(next: Watcher, targets: readonly string[]): ImportWatch['kind'] {
  watcher = next
  if (importWatch === undefined) {
    // each function between is one more frame in the stack of an error that a file throws while it loads
    attempt('require', () => watchRequire(CURRENT.onSight, createLoadByIdentity(CURRENT), () => importWatch?.hooks))
    importWatch = attempt('import', () => watchImport(CURRENT)) ?? { kind: 'none' }
  }
  attempt('import', () => importWatch?.include?.(targets))
  return importWatch.kind
}

export function unwatchModules(of: Watcher): void {
  if (watcher === of) watcher = undefined
}

/** Whoever watches at the time of the call. */
const CURRENT: Watcher = {
  onSight(moduleName) {
    if (moduleName === 'http' || moduleName === 'https') rememberOnce()
    return watcher?.onSight(moduleName) ?? false
  },
  isTarget: (moduleName) => watcher?.isTarget(moduleName) ?? false,
  isPatchedFile: (moduleName, file) => watcher?.isPatchedFile(moduleName, file) ?? false,
  patchAlias: (identity, file, exported) => (watcher ? watcher.patchAlias(identity, file, exported) : exported),
}

let isRemembered = false

/** Before the application has them: later they may be those of a mock. */
function rememberOnce(): void {
  if (isRemembered) return
  isRemembered = true
  orElse('the connections of Node', () => withPristineRequire(rememberConnections), undefined)
}

export const PATCHED_NOW: Patched = CURRENT

/** Test runners bring a `node:module` of their own, which refuses hooks. */
function attempt<T>(what: string, hook: () => T): T | undefined {
  try {
    return hook()
  } catch (error) {
    // of another realm, perhaps, and long
    const [reason] = String((error as { message?: unknown } | undefined)?.message ?? error).split(/[:\n]/)
    log.warn(
      `${what} can't be hooked here (${reason}): libraries that are loaded with it from now on are not instrumented`,
    )
    return undefined
  }
}
