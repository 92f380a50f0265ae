/** The ESM side: sees each `import` before it loads anything, and lets import-in-the-middle wrap what an instrumentation patches. */

import Module, { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../../errors.ts'
import { log, orElse } from '../../log.ts'
import { canHookInThread } from '../../version.ts'
import { isAngularManifest, patchAngularManifest } from '../routes/angular.ts'
import { isAskedOnly } from './asked-only.ts'
import { type HookSwitch, switchHooks } from './hook-switch.ts'
import { type Identity, identify, isInAlias } from './identity.ts'
import { mayBeTarget } from './load-by-identity.ts'
import { moduleNameOf } from './module-name.ts'
import { withPristineRequire } from './module-require.ts'
import { showBuiltin } from './show-builtin.ts'

type AnyHook = (url: string, namespace: Record<string, unknown>) => void

interface Hook {
  applyOptions(options: { shouldInclude: (url: string, specifier: string) => boolean }): void
  resolveSync: Module.ResolveHookSync
  loadSync: Module.LoadHookSync
}

const require = createRequire(import.meta.url)

export interface ImportWatch {
  /** How ES modules are seen: by hooks in this thread, by the older loader thread, or not at all. */
  readonly kind: 'sync' | 'async' | 'none'
  /** What takes the hooks out of the way of CommonJS. */
  readonly hooks?: HookSwitch
  /** Tells the loader thread of targets. */
  include?(targets: readonly string[]): void
}

export interface ImportTargets {
  /** Told before a target is imported. */
  onSight(moduleName: string): boolean
  isTarget(moduleName: string): boolean
  /** Whether an instrumentation patches this file of a target, which is given with slashes. */
  isPatchedFile(moduleName: string, file: string): boolean
  /** Gives the exports of a package that goes by another name to the instrumentations of what it is. */
  patchAlias(identity: Identity, url: string, exported: unknown): unknown
}

/** Calls `onSight` before a package or built-in is imported; those for which `isTarget` answers true can then be patched. */
export function watchImport(targets: ImportTargets): ImportWatch {
  if (isUnhookable()) return { kind: 'none' }
  if (!canHookInThread()) return watchFromLoaderThread(targets.onSight)
  let isFirst = false
  let wrapper: Hook | undefined
  /** What it takes to create the wrapper may be a target itself, such as node:fs. */
  let isCreating = false
  const hooks = switchHooks((specifier, context, nextResolve) => {
    if (isCreating) return nextResolve(specifier, context)
    if (!isFirst && context.parentURL === undefined) {
      // the program itself is about to load: hooks that were registered since would hide from us what they resolve
      isFirst = true
      hooks.goFirst()
    }
    const { parentURL } = context
    if (!mayBeTarget(specifier, parentURL, targets.isTarget) && !isInTarget(parentURL, targets))
      return wrapper ? wrap(wrapper, specifier, context, nextResolve) : nextResolve(specifier, context)
    const result = nextResolve(specifier, context)
    const builtin = result.url.startsWith('node:') ? result.url.slice(5) : undefined
    if (builtin !== undefined) {
      if (!targets.isTarget(builtin)) return result
      targets.onSight(builtin)
      orElse(`node:${builtin}`, () => showBuiltin(builtin), undefined)
      return result
    }
    const identity = identify(result.url, targets.isTarget, parentURL)
    if (identity && isFromWithin(identity, result.url, parentURL, targets)) return result
    if (identity === undefined && wrapper === undefined && !isOfApplication(result.url)) return result
    if (identity !== undefined) targets.onSight(identity.name)
    createOnce()
    if (!wrapper) return result
    // import-in-the-middle knows the entry of a package by the specifier
    const known = identity?.isMain && !identity.isAlias ? identity.name : specifier
    return wrap(wrapper, known, context, (next, nextContext) =>
      next === known ? result : nextResolve(next, nextContext),
    )
  })
  return { kind: 'sync', hooks }

  function createOnce(): void {
    if (wrapper || isCreating) return
    isCreating = true
    try {
      const created = createWrapper(targets)
      hooks.addLoad((url, context, nextLoad) => created.loadSync(url, context, nextLoad))
      wrapper = created
      isCreating = false
    } catch (error) {
      // thrown from here it would be the import of the application that fails; it is not tried again
      log.warn(`imports can't be instrumented: ${messageOf(error)}`)
    }
  }
}

/**
 * Deno 2 has `registerHooks`, and breaks down when a hook answers with a module of its own. The test runner of Node mocks a module by what its name
 * resolves to, which must be the module itself.
 */
const isUnhookable = (): boolean =>
  process.versions['deno'] !== undefined || isPnpWithoutLoader() || hasFlag(/^--experimental-test-module-mocks\b/)

const hasFlag = (flag: RegExp): boolean =>
  [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)].some((given) => flag.test(given))

/**
 * Yarn's Plug'n'Play keeps packages in archives. Without its loader, Node no longer finds the ES modules in there that CommonJS requires once
 * there is any hook.
 */
function isPnpWithoutLoader(): boolean {
  return process.versions['pnp'] !== undefined && !hasFlag(/\.pnp\.loader/)
}

/** The file of the application that Lambda calls is wrapped like a package. */
function isLambdaHandler(url: string): boolean {
  const { LAMBDA_TASK_ROOT: root, _HANDLER: handler } = process.env
  if (root === undefined || handler === undefined || !url.startsWith('file:')) return false
  const file = path.resolve(root, handler.replace(/\.[^./\\]*$/, ''))
  return url.replace(/\.[cm]?js$/, '') === pathToFileURL(file).href
}

/** Files of the application itself that are wrapped. */
const isOfApplication = (url: string): boolean => isAngularManifest(url) || isLambdaHandler(url)

const isInTarget = (url: string | undefined, { isTarget }: ImportTargets): boolean => {
  const name = url === undefined ? undefined : moduleNameOf(url)
  return name !== undefined && isTarget(name)
}

/**
 * Files of a package that import each other in a circle use functions of each other before those modules have run, which a module that is wrapped
 * cannot give: within a package only what has to be is.
 */
function isFromWithin(
  { name, file, isAlias, isMain }: Identity,
  url: string,
  parentURL: string | undefined,
  { isPatchedFile }: ImportTargets,
): boolean {
  const home = file !== '' && url.endsWith(`/${file}`) ? url.slice(0, -file.length) : undefined
  if (isAlias || home === undefined || !parentURL?.startsWith(home)) return false
  return isMain || !isPatchedFile(name, file)
}

/** With the module that stands for the other, unless somebody only asks where that is. */
function wrap(
  wrapper: Hook,
  specifier: string,
  context: Module.ResolveHookContext,
  nextResolve: Parameters<Module.ResolveHookSync>[2],
): Module.ResolveFnOutput {
  let own: Module.ResolveFnOutput | undefined
  const wrapped = wrapper.resolveSync(specifier, context, (next, nextContext) => {
    own = nextResolve(next, nextContext)
    return own
  })
  return own !== undefined && own.url !== wrapped.url && isAskedOnly() ? own : wrapped
}

/** Import-in-the-middle, driven from our hooks instead of registering its own, so that it sees the import at hand. */
function createWrapper({ isTarget, isPatchedFile, patchAlias }: ImportTargets): Hook {
  const { createHook } = withPristineRequire(() => require('import-in-the-middle/create-hook.mjs')) as {
    createHook(meta: { url: string }): Hook
  }
  const { addHook } = withPristineRequire(() => require('import-in-the-middle')) as { addHook(hook: AnyHook): void }
  const hook = createHook({ url: pathToFileURL(require.resolve('import-in-the-middle/hook.mjs')).href })
  hook.applyOptions({
    shouldInclude: (url) => {
      // these are patched where they are
      if (url.startsWith('node:')) return false
      const identity = identify(url, isTarget)
      if (identity !== undefined && !identity.isAlias)
        return identity.isMain || isPatchedFile(identity.name, identity.file)
      return isInAlias(url) || isOfApplication(url)
    },
  })
  addHook((url, namespace) => {
    if (isAngularManifest(url)) {
      patchAngularManifest(namespace)
      return
    }
    const identity = isInAlias(url) ? identify(url, isTarget) : undefined
    if (!identity?.isAlias) return
    const patched = patchAlias(identity, url, namespace)
    if (patched !== namespace && 'default' in namespace) namespace['default'] = patched
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
  if (isUnhookable()) return 'none'
  if (canHookInThread()) return 'sync'
  return typeof Module.register === 'function' ? 'async' : 'none'
}
