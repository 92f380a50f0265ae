/** An ES module has a package of CommonJS as a namespace and as its default export: what a patch replaces in one of them is replaced in the other. */
import type { Patch } from '../hooks/guard.ts'

type Exports = Record<string, unknown>

export function patchBoth(patch: Patch, exported: unknown, version: string | undefined): unknown {
  const before = functionsInBoth(exported)
  const result = patch(exported, version)
  if (before === undefined) return result
  const namespace = exported as Exports
  if (typeof result === 'function') {
    // it would stand for a package that is a function, and calls the namespace
    tryPut(namespace, 'default', patch(namespace['default'], version))
    return exported
  }
  const whole = namespace['default'] as Exports
  for (const [name, original] of before) {
    const [named, own] = [namespace[name], whole[name]]
    if (named !== original && own === original) tryPut(whole, name, named)
    else if (own !== original && named === original) tryPut(namespace, name, own)
  }
  return result
}

/** Undefined where there are no two of them. A getter is not called: it may load what the application does not need. */
function functionsInBoth(exported: unknown): Map<string, unknown> | undefined {
  const whole: unknown = Reflect.get(Object(exported), 'default')
  if (Reflect.get(Object(exported), Symbol.toStringTag) !== 'Module' || Object(whole) !== whole) return undefined
  const own = Object.entries(Object.getOwnPropertyDescriptors(whole as object))
  const found = own.filter(([name, { value }]) => typeof value === 'function' && Object(exported)[name] === value)
  return new Map(found.map(([name, { value }]) => [name, value as unknown]))
}

function tryPut(target: Exports, name: string, value: unknown): void {
  try {
    target[name] = value
  } catch {
    // one that cannot be replaced
  }
}
