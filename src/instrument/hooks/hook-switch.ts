/**
 * Hooks that stand aside while CommonJS looks for a file: with any hook in place, Node makes a URL of each path and a path of it again, which for
 * an application with some thousand files is a tenth of its start.
 */
import Module from 'node:module'

export interface HookSwitch {
  /** Puts them in front of all others. */
  goFirst(): void
  /** @returns whether they were there */
  standAside(): boolean
  comeBack(): void
}

/** Registers hooks that have nothing to say about what is required. They are back before the code of a file runs, which may import. */
export function switchHooks(hooks: Module.RegisterHooksOptions): HookSwitch {
  let registered: Module.ModuleHooks | undefined
  const comeBack = (): void => {
    registered ??= Module.registerHooks(hooks)
  }
  const standAside = (): boolean => {
    if (registered === undefined) return false
    registered.deregister()
    registered = undefined
    return true
  }
  const goFirst = (): void => {
    standAside()
    comeBack()
  }
  comeBack()
  return watchLoad(comeBack) ? { goFirst, standAside, comeBack } : { goFirst, standAside: () => false, comeBack }
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
