/** The CommonJS side: sees each `require` and `process.getBuiltinModule` before it loads anything. */
import Module from 'node:module'
import path from 'node:path'

export type Require = (this: Module, id: string) => unknown

const pristineRequire = Module.prototype.require as unknown as Require
const pristineGetBuiltin = process.getBuiltinModule as ((id: string) => unknown) | undefined

/**
 * Calls `onSight` with the package or built-in a load is about, before it happens. Whatever `onSight` hooks up sees this very load, because
 * the load is then dispatched again from the outermost hook. `load` does the others, which may be about a target by another name.
 */
export function watchRequire(
  onSight: (moduleName: string) => boolean,
  load: (parent: Module, id: string, below: Require) => unknown,
): void {
  const below = Module.prototype.require as unknown as Require
  const watching: Require = function (id) {
    if (typeof id !== 'string') return below.call(this, id)
    const name = moduleNameOf(id)
    if (name !== undefined && onSight(name)) return (Module.prototype.require as unknown as Require).call(this, id)
    return load(this, id, below)
  }
  Module.prototype.require = watching as unknown as typeof Module.prototype.require
  // what is built is not strict: there nothing else tells of a frozen prototype
  if ((Module.prototype.require as unknown) !== watching)
    throw new TypeError('Cannot assign to Module.prototype.require')

  const belowBuiltin = process.getBuiltinModule as ((id: string) => unknown) | undefined
  if (belowBuiltin) {
    const watchingBuiltin = (id: string): unknown => {
      const name = typeof id === 'string' ? moduleNameOf(id) : undefined
      if (name !== undefined && onSight(name)) return process.getBuiltinModule(id)
      return belowBuiltin.call(process, id)
    }
    process.getBuiltinModule = watchingBuiltin as typeof process.getBuiltinModule
  }
}

/** Runs `load` with nobody watching: what an instrumentation itself needs must not be taken for the application's. */
export function withPristineRequire<T>(load: () => T): T {
  const { require } = Module.prototype
  const { getBuiltinModule } = process
  Module.prototype.require = pristineRequire as unknown as typeof require
  if (pristineGetBuiltin) process.getBuiltinModule = pristineGetBuiltin as typeof getBuiltinModule
  try {
    return load()
  } finally {
    Module.prototype.require = require
    process.getBuiltinModule = getBuiltinModule
  }
}

/**
 * Puts in `install` what hooks `require`, and lets it see nothing but loads that may be about a target: it resolves each of them once more, which
 * for an application with some hundred files is a good part of its start.
 */
export function installForTargets(isTarget: (moduleName: string) => boolean, install: () => void): void {
  const below = Module.prototype.require as unknown as Require
  install()
  const above = Module.prototype.require as unknown as Require
  const choosing: Require = function (id) {
    return (typeof id === 'string' && !mayBeTarget(this, id, isTarget) ? below : above).call(this, id)
  }
  Module.prototype.require = choosing as unknown as typeof Module.prototype.require
}

function mayBeTarget(parent: Module, id: string, isTarget: (moduleName: string) => boolean): boolean {
  // what these stand for is in the package.json of the parent
  if (id.startsWith('#')) return true
  const isRelative = id.startsWith('.') && parent.filename
  const name = moduleNameOf(isRelative ? path.resolve(path.dirname(parent.filename), id) : id)
  return name !== undefined && isTarget(name)
}

/** `node:http` -> http, `pg/lib/client` -> pg, `/x/node_modules/@a/b/c.js` -> @a/b; a file outside node_modules has none. */
export function moduleNameOf(given: string): string | undefined {
  const specifier = given.replaceAll('\\', '/')
  if (specifier.startsWith('node:')) return specifier.slice(5)
  const at = specifier.lastIndexOf('node_modules/')
  const inside = at >= 0 ? specifier.slice(at + 'node_modules/'.length) : specifier
  const first = inside.charCodeAt(0)
  if (at < 0 && (first === 46 /* . */ || first === 47 /* / */ || specifier.startsWith('file:'))) return undefined
  if (inside === 'dns/promises' || inside === 'fs/promises') return inside
  const parts = inside.split('/', 2)
  return inside.startsWith('@') ? parts.join('/') : parts[0]
}
