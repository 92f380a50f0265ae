/** Replaces what a library exports, by what watches each thing that is made of it. */
import type { Any } from './say-route.ts'

type Class<Made> = new (...args: unknown[]) => Made

/** Replaces one export, of a module or of a namespace. */
export function withExport(exported: Record<string, unknown>, name: string, value: unknown): object {
  if (Reflect.get(exported, Symbol.toStringTag) !== 'Module') return { ...exported, [name]: value }
  exported[name] = value
  return exported
}

/** The class of that name is one whose objects are shown as they are made. */
export function withWatchedClass<Made extends object>(
  exported: object,
  name: string,
  watch: (made: Made) => void,
): object {
  const Original = Reflect.get(exported, name) as Class<Made>
  const Watched = class extends (Original as Class<object>) {
    constructor(...args: unknown[]) {
      super(...args)
      watch(this as unknown as Made)
    }
  }
  Object.defineProperty(Watched, 'name', { value: Original.name })
  return withExport(exported as never, name, Watched)
}

/** The function of that name shows what it makes. */
export function withWatchedResult<Made>(exported: object, name: string, watch: (made: Made) => void): object {
  const watched = new Proxy(Reflect.get(exported, name) as Any, {
    apply(create, self, args) {
      const made = Reflect.apply(create, self, args) as Made
      watch(made)
      return made
    },
  })
  return withExport(exported as never, name, watched)
}
