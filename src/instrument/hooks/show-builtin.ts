/** A module of Node that is imported: patched where it is, so that nothing stands for it and `syncBuiltinESMExports` is what it is without us. */
import Module, { createRequire } from 'node:module'
import { withPristineRequire } from './module-require.ts'

const require = createRequire(import.meta.url)
const shown = new Set<string>()

/** Loads it through the hooks of `require`, once, which hand it to whoever patches it. */
export function showBuiltin(name: string): void {
  if (shown.has(name)) return
  shown.add(name)
  const before = valuesOf(withPristineRequire(() => require(`node:${name}`)))
  const after = valuesOf(require(`node:${name}`))
  // what others have put there stays theirs to tell of
  if ([...after].some(([key, value]) => before.get(key) !== value)) Module.syncBuiltinESMExports()
}

/** Without a call of getters, some of which load what nobody needs. */
function valuesOf(exported: unknown): Map<string, unknown> {
  const all = Object.entries(Object.getOwnPropertyDescriptors(Object(exported)))
  return new Map(all.map(([key, { value, get }]) => [key, value ?? get]))
}
