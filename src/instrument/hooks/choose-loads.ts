/** Which loads the hooks of instrumentations get to see: those of what may be patched. */
import Module from 'node:module'
import path from 'node:path'
import { homeOf, innerFile, leadsOut } from './home.ts'
import { isRelative, moduleNameOf } from './module-name.ts'
import type { Require } from './module-require.ts'
import { isPartOf } from './part-of.ts'

/** What decides whether a load is shown to the hooks of instrumentations. */
export interface Patched {
  isTarget(moduleName: string): boolean
  /** Whether an instrumentation patches this file of a target, which is given with slashes. */
  isPatchedFile(moduleName: string, file: string): boolean
}

/**
 * Puts in `install` what hooks `require`, and lets it see nothing but loads of what may be patched: it resolves each of them once more, and finds out
 * of which package and version it is, which for an application with some hundred files is a good part of its start.
 */
export function installForTargets(patched: Patched, install: () => void): void {
  const below = Module.prototype.require as unknown as Require
  install()
  const above = Module.prototype.require as unknown as Require
  const choosing: Require = function (id) {
    if (typeof id !== 'string') return above.call(this, id)
    if (!mayBePatched(this, id, patched)) return below.call(this, id)
    if (!Module.isBuiltin(id)) return unlessReplaced(above.call(this, id), below.call(this, id))
    return fakeOf(id, below.call(this, id)) ?? above.call(this, id)
  }
  Module.prototype.require = choosing as unknown as typeof Module.prototype.require
}

/** What hooks have given for a package -> what it was then. */
const originals = new WeakMap<object, unknown>()

/**
 * For a package as well: they keep what they gave once, also while a test has put something else in its place, and what that was when it is gone.
 * What is given instead is as it came.
 */
function unlessReplaced(given: unknown, exported: unknown): unknown {
  if (!isObject(given)) return exported
  if (!originals.has(given)) originals.set(given, exported)
  return originals.get(given) === exported ? given : exported
}

const isObject = (value: unknown): value is object =>
  typeof value === 'function' || (typeof value === 'object' && value !== null)

/** What each built-in was at first. */
const builtins = new Map<string, unknown>()

/** The hooks of instrumentations give what a built-in was when they first saw it, also while a test has put something else in its place. */
function fakeOf(id: string, exported: unknown): unknown {
  const name = id.replace(/^node:/, '')
  if (!builtins.has(name)) builtins.set(name, exported)
  return builtins.get(name) === exported ? undefined : exported
}

function mayBePatched(parent: Module, id: string, { isTarget, isPatchedFile }: Patched): boolean {
  // what these stand for is in the package.json of the parent
  if (id.charCodeAt(0) === 35 /* # */) return true
  if (!isRelative(id) || !parent.filename) {
    const name = moduleNameOf(id)
    return name !== undefined && isTarget(name) && !isPartOf(name, parent.filename)
  }
  const home = homeOf(parent)
  if (home === undefined || id.includes('node_modules') || leadsOut(home, id)) {
    const name = moduleNameOf(path.resolve(path.dirname(parent.filename), id))
    return name !== undefined && isTarget(name)
  }
  if (!isTarget(home.name)) return false
  const { file, isEntry } = innerFile(home, id)
  return isEntry || isPatchedFile(home.name, file)
}
