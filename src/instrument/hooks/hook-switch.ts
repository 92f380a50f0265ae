/**
 * Hooks of imports that stand aside while CommonJS loads a file: with any hook in place, Node makes a URL of each path and a path of it again, and
 * reads the file in a dearer way, which counts for an application with some thousand files.
 */
import Module from 'node:module'

const { registerHooks } = Module

interface Switch {
  on(): void
  /** @returns whether it was on */
  off(): boolean
}

const RESOLVE = 1
const LOAD = 2

export interface HookSwitch {
  /** Puts the resolve hook in front of all others. */
  goFirst(): void
  /** Adds a load hook, which is needed for what the resolve hook has seen. */
  addLoad(load: Module.LoadHookSync): void
  /** @returns for `comeBack`; 0 where nothing has changed */
  standAside(): number
  comeBack(aside: number): void
}

/**
 * Registers a resolve hook for what is imported. It is back before a file is read, whose code may import; a load hook is back at
 * the next import, or when `require` returns: in between nothing loads an ES module but such an import. Where code of others may run in between,
 * they stay.
 */
export function switchHooks(resolve: Module.ResolveHookSync): HookSwitch {
  let loading: Switch | undefined
  const resolving = createSwitch({
    resolve(specifier, context, nextResolve) {
      if (isRequired(context)) return nextResolve(specifier, context)
      loading?.on()
      return resolve(specifier, context, nextResolve)
    },
  })
  resolving.on()
  const canSwitch = watchLoad(resolving.on)
  let isAlone = true
  watchRegistrations(() => {
    isAlone = false
    resolving.on()
    loading?.on()
  })
  return {
    goFirst() {
      resolving.off()
      resolving.on()
    },
    addLoad(load) {
      loading = createSwitch({ load })
      loading.on()
    },
    standAside: () => (isAlone && canSwitch() && resolving.off() ? RESOLVE | (loading?.off() ? LOAD : 0) : 0),
    comeBack(aside) {
      resolving.on()
      if (aside & LOAD) loading?.on()
    },
  }
}

/** A flag may add the conditions of the one to those of the other. */
const isRequired = ({ conditions }: Module.ResolveHookContext): boolean =>
  conditions?.includes('require') && !conditions.includes('import')

function createSwitch(hooks: Module.RegisterHooksOptions): Switch {
  let registered: Module.ModuleHooks | undefined
  return {
    on() {
      registered ??= registerHooks(hooks)
    },
    off() {
      if (registered === undefined) return false
      registered.deregister()
      registered = undefined
      return true
    },
  }
}

/**
 * Calls `onLoad` when a file has been found and is about to be read: Node asks then where packages of its folder may be. A function in the place of
 * `load` would stand in the stack of each error of a file that loads.
 * @returns whether Node is still the only one to look for a file and to read it, and `onLoad` is still called
 */
function watchLoad(onLoad: () => void): () => boolean {
  const loader = Module as unknown as {
    _load: unknown
    _nodeModulePaths(from: string): unknown
    readonly prototype: { readonly load: unknown }
  }
  const { _load: find, _nodeModulePaths: pathsOf, prototype } = loader
  const { load } = prototype
  if (typeof pathsOf !== 'function' || typeof load !== 'function') return () => false
  const watching = function (this: unknown, from: string): unknown {
    onLoad()
    return pathsOf.call(this, from)
  }
  try {
    loader._nodeModulePaths = watching
  } catch {
    // frozen: then they stay where they are
  }
  return () => loader._nodeModulePaths === watching && prototype.load === load && loader._load === find
}

/** Hooks of others, which may import in turn, make all as dear as ours do. */
function watchRegistrations(onOther: () => void): void {
  const watching = {
    registerHooks(hooks: Module.RegisterHooksOptions): Module.ModuleHooks {
      onOther()
      return registerHooks(hooks)
    },
  }
  try {
    Object.assign(Module, watching)
  } catch {
    // frozen: then theirs are in front of ours, and what they import while CommonJS looks for a file is not seen
  }
}
