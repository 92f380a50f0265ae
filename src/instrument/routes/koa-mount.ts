/** koa-mount: what it has taken off the path of a request, which no router below it knows. */
import { wholeOf } from '../wrap-method.ts'
import type { Any } from './say-route.ts'

type Middleware = (this: unknown, context: object, next: () => unknown) => unknown

/** Of each context: the paths of the mounts that it is in. */
const bases = new WeakMap<object, string>()

export const mountedAt = (context: object): string => bases.get(context) ?? ''

export function patchKoaMount(exported: unknown): unknown {
  return new Proxy(wholeOf<Any>(exported), {
    apply(mount, self, args) {
      const middleware = Reflect.apply(mount, self, args) as Middleware
      const [path] = args
      // at the root it gives what is mounted
      return typeof path !== 'string' || path === '/' ? middleware : watch(middleware, path.replace(/\/$/, ''))
    },
  })
}

function watch(middleware: Middleware, path: string): Middleware {
  return new Proxy(middleware, {
    apply(enter, self, [context, next]: [object, () => unknown]) {
      const around = mountedAt(context)
      bases.set(context, around + path)
      const leave = (): unknown => {
        bases.set(context, around)
        return next()
      }
      return Reflect.apply(enter, self, [context, leave])
    },
  })
}
