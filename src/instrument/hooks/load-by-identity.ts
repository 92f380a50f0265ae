/** Loads that are about a target without saying so: `#imports`, aliases of npm, names that a resolver or a bundler has made up. */
import Module from 'node:module'
import { isLoaded, loadedModules } from './cached-modules.ts'
import { homeOf, leadsOut } from './home.ts'
import { type Identity, identify, isInAlias, isInstalled } from './identity.ts'
import { isRelative, moduleNameOf } from './module-name.ts'
import type { Require } from './module-require.ts'
import { asksForOther } from './other-names.ts'

export interface IdentityTargets {
  onSight(moduleName: string): boolean
  isTarget(moduleName: string): boolean
  patchAlias(identity: Identity, filename: string, exported: unknown): unknown
}

/** What a `require` of such a name gives; undefined where it is none. */
export function createLoadByIdentity(targets: IdentityTargets) {
  return (parent: Module, id: string, load: Require): unknown => {
    const filename = mayBeOther(parent, id, targets.isTarget) ? resolve(id, parent) : undefined
    const identity = filename === undefined ? undefined : identify(filename, targets.isTarget, parent.filename)
    if (filename !== undefined && identity !== undefined) {
      targets.onSight(identity.name)
      return loadAs(identity, filename, parent, targets, () => load.call(parent, id))
    }
    // modules that are new to their parent stand behind the others
    const count = parent.children?.length ?? 0
    const exports = load.call(parent, id)
    if (isPatching || parent.children?.[count] === undefined || isInstalled(parent.filename)) return exports
    const child = parent.children.slice(count).find((one) => isLoaded(one) && one.exports === exports)
    return (child && patchLoaded(child, parent, targets)) ?? exports
  }
}

/** What is patched afterwards has loaded: there is nothing new below it. */
let isPatching = false

/** By its path, all know a package that is in a folder of its name. */
function loadAs(
  identity: Identity,
  filename: string,
  parent: Module,
  { patchAlias }: IdentityTargets,
  load: () => unknown,
): unknown {
  if (!identity.isAlias) return (Module.prototype.require as unknown as Require).call(parent, filename)
  return patchAlias(identity, filename, load())
}

/**
 * A link, or a loader that told nobody what it resolved to: the package has loaded before it was known.
 * @param from the file that asked for it, `parent` if that is known
 * @returns what it exports from now on; undefined where it is no target
 */
export function patchLoaded(
  loaded: Module,
  parent: Module,
  targets: IdentityTargets,
  from: string | undefined = parent.filename,
): unknown {
  const identity = identify(loaded.filename, targets.isTarget, from)
  if (identity === undefined) return undefined
  targets.onSight(identity.name)
  const folder = loaded.filename.slice(0, -identity.file.length)
  const children = parent.children?.length
  const wasPatching = isPatching
  isPatching = true
  try {
    for (const [filename, other] of loadedModules(folder))
      if (other !== loaded) {
        const inner = identify(filename, targets.isTarget)
        if (inner) other.exports = loadAs(inner, filename, parent, targets, () => other.exports)
      }
    return loadAs(identity, loaded.filename, parent, targets, () => loaded.exports)
  } finally {
    isPatching = wasPatching
    // the parent has not asked for these
    if (children !== undefined) parent.children.length = children
  }
}

/** Packages are given names by the application; what they load themselves goes by its own, with exceptions. */
function mayBeOther(parent: Module, id: string, isTarget: (moduleName: string) => boolean): boolean {
  const { filename } = parent
  if (isRelative(id)) {
    const home = homeOf(parent)
    // most are between the files of one package
    return home !== undefined && leadsOut(home, id)
      ? asksForOther(id, filename, isTarget)
      : typeof filename === 'string' && isInAlias(filename)
  }
  if (Module.isBuiltin(id)) return false
  const name = moduleNameOf(id)
  if (name !== undefined && isTarget(name)) return false
  if (isInstalled(filename)) return asksForOther(id, filename, isTarget)
  return !isInstalled(id)
}

/** Whether what this specifier resolves to is worth a look. */
export function mayBeTarget(
  specifier: string,
  parentURL: string | undefined,
  isTarget: (moduleName: string) => boolean,
): boolean {
  const name = moduleNameOf(specifier)
  if (name !== undefined && isTarget(name)) return true
  if (parentURL === undefined || Module.isBuiltin(specifier)) return false
  return isInstalled(parentURL) ? asksForOther(specifier, parentURL, isTarget) : true
}

function resolve(id: string, parent: Module): string | undefined {
  try {
    const { _resolveFilename } = Module as unknown as { _resolveFilename(id: string, parent: Module): string }
    return _resolveFilename(id, parent)
  } catch {
    // the load itself says what is wrong
    return undefined
  }
}
