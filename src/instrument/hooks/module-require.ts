/** The CommonJS side: sees each `require` and `process.getBuiltinModule` before it loads anything. */
import Module from 'node:module'
import { loadAsCaller, looksAtCaller } from './as-caller.ts'
import type { HookSwitch } from './hook-switch.ts'
import { moduleNameOf } from './module-name.ts'
import { isPartOf } from './part-of.ts'

export type Require = (this: Module, id: string) => unknown

const pristineRequire = Module.prototype.require as unknown as Require
const pristineGetBuiltin = process.getBuiltinModule as ((id: string) => unknown) | undefined

/**
 * Calls `onSight` with the package or built-in a load is about, before it happens. Whatever `onSight` hooks up sees this very load, because
 * the load is then dispatched again from the outermost hook. `load` does the others, which may be about a target by another name; `hooks` are
 * those of imports.
 */
export function watchRequire(
  onSight: (moduleName: string) => boolean,
  load: (parent: Module, id: string, below: Require) => unknown,
  hooks: () => HookSwitch | undefined,
): void {
  const below = Module.prototype.require as unknown as Require
  const watching: Require = function (id) {
    if (typeof id !== 'string') return below.call(this, id)
    const name = moduleNameOf(id)
    if (name !== undefined && !isPartOf(name, this?.filename) && onSight(name))
      return (Module.prototype.require as unknown as Require).call(this, id)
    if (looksAtCaller(id)) return loadAsCaller(this, id, below)
    const switched = hooks()
    const aside = switched?.standAside() ?? 0
    if (switched === undefined || aside === 0) return load(this, id, below)
    try {
      return load(this, id, below)
    } finally {
      switched.comeBack(aside)
    }
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
