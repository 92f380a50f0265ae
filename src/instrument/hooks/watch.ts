/** Installs the module hooks once a process. They ask whichever configuration is active now, so that no start adds to what a `require` costs. */
import { log } from '../../log.ts'
import { type ImportWatch, watchImport } from './module-import.ts'
import { watchRequire } from './module-require.ts'

/** What the hooks ask. */
export interface Watcher {
  /** Called before a package or built-in is loaded. @returns whether something has been hooked up that must see this very load */
  onSight(moduleName: string): boolean
  /** Whether an instrumentation that is on patches this module. */
  isTarget(moduleName: string): boolean
}

let watcher: Watcher | undefined
let importWatch: ImportWatch | undefined

/** From now on the hooks ask this one. */
export function watchModules(next: Watcher, targets: readonly string[]): ImportWatch['kind'] {
  watcher = next
  const onSight = (moduleName: string): boolean => watcher?.onSight(moduleName) ?? false
  if (importWatch === undefined) {
    attempt('require', () => watchRequire(onSight))
    importWatch = attempt('import', () => watchImport(onSight, isTargetNow)) ?? { kind: 'none' }
  }
  attempt('import', () => importWatch?.include?.(targets))
  return importWatch.kind
}

export function unwatchModules(of: Watcher): void {
  if (watcher === of) watcher = undefined
}

export const isTargetNow = (moduleName: string): boolean => watcher?.isTarget(moduleName) ?? false

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
