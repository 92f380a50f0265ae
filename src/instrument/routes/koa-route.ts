/** koa-route: whether the handler whose path it has left on a context is the one that answers. */
import { following, wholeOf, wrapMethod } from '../wrap-method.ts'
import type { Any } from './say-route.ts'

type Middleware = (this: unknown, context: Context, next: () => unknown) => unknown
interface Context {
  readonly status: number
  readonly body?: unknown
}

/** Of contexts that the handler entered last has passed on: whether they came back without an answer, which it may give then. */
const passedOn = new WeakMap<object, { isBack: boolean }>()

export function hasAnswered(context: object): boolean {
  const passed = passedOn.get(context)
  return passed === undefined || (passed.isBack && isAnswered(context as Context))
}

const isAnswered = ({ status, body }: Context): boolean => status !== 404 || (body !== undefined && body !== null)

export function patchKoaRoute(exported: unknown): unknown {
  const whole = wholeOf<Record<string, unknown>>(exported)
  for (const name of Object.keys(whole))
    wrapMethod(
      whole,
      name,
      (make) =>
        function (this: unknown, ...args: unknown[]) {
          const made = make.apply(this, args) as Any
          // without a handler it gives what takes one
          if (args[1]) return watch(made as Middleware)
          return new Proxy(made, {
            apply: (take, self, given) => watch(Reflect.apply(take, self, given) as Middleware),
          })
        },
    )
  return exported
}

function watch(middleware: Middleware): Middleware {
  return new Proxy(middleware, {
    apply(enter, self, [context, next]: [Context, () => unknown]) {
      passedOn.delete(context)
      const passOn = (): unknown => {
        const passed = { isBack: false }
        passedOn.set(context, passed)
        return following(next(), () => {
          passed.isBack = !isAnswered(context)
        })
      }
      return Reflect.apply(enter, self, [context, passOn])
    },
  })
}
