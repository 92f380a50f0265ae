/** Targets that were loaded before telemetry was configured: patched in place where their exports allow, named where not. */
import { readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import path from 'node:path'
import { types } from 'node:util'
import { createParentOf, loadedModules, type ParentOf } from '../hooks/cached-modules.ts'
import { isInstalled } from '../hooks/identity.ts'
import { type IdentityTargets, patchLoaded } from '../hooks/load-by-identity.ts'
import { moduleNameOf } from '../hooks/module-name.ts'
import { isPartOf } from '../hooks/part-of.ts'
import { isToldOf } from '../targets.ts'
import { findTaken } from './taken-names.ts'

/** One target that was loaded too early. */
export interface LateLoad {
  readonly module: string
  /** Undefined for what is part of Node. */
  readonly version: string | undefined
  /** The file of the application that loaded it, if Node still knows. */
  readonly loadedBy: string | undefined
  /** Exports that were replaced: whoever took one of these functions earlier, as `const { x } = require()` does, has the unpatched one. */
  readonly replaced: readonly string[]
  /** Those of `replaced` which a file of the application took: calls through them are not traced. */
  readonly taken: readonly string[]
  /** Loaded as ES modules, which cannot be patched any more: it is not traced, or its routes are not known. */
  readonly isMissed?: true
}

const require = createRequire(import.meta.url)
/** Built-ins that Node itself or the application may have loaded already. */
const BUILTINS = ['http', 'https', 'http2', 'net', 'dns', 'fs', 'sqlite']

/**
 * Finds targets in the module cache and loads them once more through the hooks, which hands their exports to the instrumentation.
 * `activate` answers whether the module has an instrumentation that is on.
 */
export function attachLate(activate: (moduleName: string) => boolean, targets: IdentityTargets): LateLoad[] {
  const found = new Map<string, LateLoad>()
  const parentOf = createParentOf()
  for (const [filename, cached] of loadedModules()) {
    const name = isInstalled(filename) ? moduleNameOf(filename) : undefined
    const parent = parentOf(cached)
    if (name !== undefined && isPartOf(name, parent?.filename)) continue
    if (name === undefined || !activate(name)) {
      attachAlias(cached, parent, targets)
      continue
    }
    if (types.isModuleNamespaceObject(cached.exports) && !isToldOf(name)) {
      // unless it has files of CommonJS besides
      if (!found.has(name)) found.set(name, { ...describe(cached, name, parentOf), isMissed: true })
      continue
    }
    const before = functionsOf(cached.exports)
    // the hooks see the file as if it were loaded now; its code does not run again
    const exported: unknown = cached.require(filename)
    const known = found.get(name)
    const late = known === undefined || known.isMissed ? describe(cached, name, parentOf) : known
    found.set(name, late)
    const replaced = replacedIn(before, exported).filter((key) => key !== 'default' || !isInner(parent, name))
    if (replaced.length > 0) found.set(name, withReplaced(late, replaced, cached))
  }
  const loadedBuiltins = new Set((process as { moduleLoadList?: string[] }).moduleLoadList)
  for (const name of BUILTINS) {
    if (!loadedBuiltins.has(`NativeModule ${name}`) || !activate(name)) continue
    require(`node:${name}`)
    found.set(name, { module: name, version: undefined, loadedBy: undefined, replaced: [], taken: [] })
  }
  if (found.size > 0) Module.syncBuiltinESMExports()
  return [...found.values()]
}

/** What http uses within Node is patched with it: no program has to ask for these itself. */
const BELOW_HTTP = ['net', 'dns']

export function attachBelow(moduleName: string, isTarget: (moduleName: string) => boolean): void {
  if (/^http[2s]?$/.test(moduleName)) for (const name of BELOW_HTTP) if (isTarget(name)) require(`node:${name}`)
}

/** A package goes by another name where the application gave it one. */
function attachAlias(cached: NodeJS.Module, parent: NodeJS.Module | undefined, targets: IdentityTargets): void {
  if (isInstalled(parent?.filename) || types.isModuleNamespaceObject(cached.exports)) return
  const exported = patchLoaded(cached, parent ?? cached, targets, parent?.filename ?? process.argv[1])
  if (exported !== undefined) cached.exports = exported
}

/** What such a file exports as a whole goes by a name of its own, if anybody but the package sees it. */
function isInner(parent: NodeJS.Module | undefined, name: string): boolean {
  return moduleNameOf(parent?.filename ?? '') === name
}

function describe(cached: NodeJS.Module, name: string, parentOf: ParentOf): LateLoad {
  return {
    module: name,
    version: versionOf(cached.filename, name),
    loadedBy: loaderOf(cached, name, parentOf),
    replaced: [],
    taken: [],
  }
}

function withReplaced(late: LateLoad, names: readonly string[], cached: NodeJS.Module): LateLoad {
  const replaced = [...new Set([...late.replaced, ...names])]
  const taken = [...new Set(filesOf(cached, late).flatMap((file) => findTaken(file, late.module, replaced)))]
  return { ...late, replaced, taken }
}

/** Functions, or what gets them, by the name they are exported under; `default` is the exported value itself. */
function functionsOf(exported: unknown): Map<string, unknown> {
  const functions = new Map<string, unknown>([['default', exported]])
  if ((typeof exported !== 'object' && typeof exported !== 'function') || exported === null) return functions
  // a getter is not called: it may load what the application does not need
  for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(exported)))
    if (typeof (value ?? get) === 'function') functions.set(name, value ?? get)
  return functions
}

function replacedIn(before: Map<string, unknown>, exported: unknown): string[] {
  const after = functionsOf(exported)
  return [...before].filter(([name, value]) => after.has(name) && after.get(name) !== value).map(([name]) => name)
}

/** Files of the application that may have taken functions: who required the package, and the program itself, for ES modules. */
function filesOf(cached: NodeJS.Module, { loadedBy }: LateLoad): string[] {
  const requirers = loadedModules()
    .map(([, other]) => other)
    .filter(({ children, filename }) => children.includes(cached) && !filename.includes('node_modules'))
    .map(({ filename }) => filename)
  return [...new Set([...requirers, loadedBy, process.argv[1]])].filter((file): file is string => file !== undefined)
}

function loaderOf(cached: NodeJS.Module, name: string, parentOf: ParentOf): string | undefined {
  let parent = parentOf(cached)
  while (parent && moduleNameOf(parent.filename ?? '') === name) parent = parentOf(parent)
  return parent?.filename ?? undefined
}

function versionOf(filename: string, name: string): string | undefined {
  const marker = path.join('node_modules', name) + path.sep
  const folder = filename.slice(0, filename.lastIndexOf(marker) + marker.length)
  try {
    return (JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version?: string }).version
  } catch {
    return undefined
  }
}
