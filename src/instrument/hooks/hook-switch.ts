/**
 * Hooks of imports that stand aside while CommonJS loads a file: with any hook in place, Node makes a URL of each path and a path of it again, and
 * reads the file in a dearer way, which for an application with some thousand files is a tenth of its start.
 */
import Module from 'node:module'

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
 * the next import, or when `require` returns: in between nothing loads an ES module but such an import.
 */
export function switchHooks(resolve: Module.ResolveHookSync): HookSwitch {
  let loading: Switch | undefined
  const resolving = createSwitch({
    resolve(specifier, context, nextResolve) {
      if (context.conditions?.includes('require')) return nextResolve(specifier, context)
      loading?.on()
      return resolve(specifier, context, nextResolve)
    },
  })
  resolving.on()
  const canSwitch = watchLoad(resolving.on)
  return {
    goFirst() {
      resolving.off()
      resolving.on()
    },
    addLoad(load) {
      loading = createSwitch({ load })
      loading.on()
    },
    standAside: () => (canSwitch && resolving.off() ? RESOLVE | (loading?.off() ? LOAD : 0) : 0),
    comeBack(aside) {
      resolving.on()
      if (aside & LOAD) loading?.on()
    },
  }
}

function createSwitch(hooks: Module.RegisterHooksOptions): Switch {
  let registered: Module.ModuleHooks | undefined
  return {
    on() {
      registered ??= Module.registerHooks(hooks)
    },
    off() {
      if (registered === undefined) return false
      registered.deregister()
      registered = undefined
      return true
    },
  }
}

/** Calls `onLoad` when a file has been found and is about to be read. */
function watchLoad(onLoad: () => void): boolean {
  const prototype = Module.prototype as unknown as { load(this: Module, filename: string): unknown }
  const { load } = prototype
  if (typeof load !== 'function') return false
  const watching = function (this: Module, filename: string): unknown {
    onLoad()
    return load.call(this, filename)
  }
  try {
    prototype.load = watching
  } catch {
    // frozen: then they stay where they are
  }
  return prototype.load === watching
}
