/** h3 2: the method of an app that finds the route; Nitro gives each app one of its own. */
import { type Any, sayRoute } from './say-route.ts'

/** What releases and release candidates call it. */
const FIND = ['~findRoute', '_findRoute'] as const

type Prototype = Record<string, unknown>
interface H3Exports {
  readonly H3Core?: { readonly prototype: Prototype }
  readonly H3?: { readonly prototype: Prototype }
}

export function patchH3(exported: H3Exports): H3Exports {
  for (const Class of [exported.H3Core, exported.H3])
    for (const name of FIND) if (Class && Object.hasOwn(Class.prototype, name)) watchMethod(Class.prototype, name)
  return exported
}

/** An app that is given a method of its own keeps it, watched as well. */
function watchMethod(prototype: Prototype, name: string): void {
  const original = Object.getOwnPropertyDescriptor(prototype, name)
  if (typeof original?.value !== 'function') return
  let own = watch(original.value as Any)
  Object.defineProperty(prototype, name, {
    configurable: true,
    get: () => own,
    set(this: Prototype, value: unknown) {
      const watched = typeof value === 'function' ? watch(value as Any) : value
      if (this === prototype) own = watched as Any
      else Object.defineProperty(this, name, { value: watched, writable: true, configurable: true, enumerable: true })
    },
  })
}

function watch(find: Any): Any {
  return function (...args) {
    const found = find.apply(this, args) as { readonly data?: { readonly route?: unknown } } | undefined
    const { pathname } = Object(Object(args[0]).url) as { pathname?: string }
    sayRoute(() => (typeof found?.data?.route === 'string' ? found.data.route : undefined), pathname)
    return found
  }
}
