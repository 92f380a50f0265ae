/** microrouter: each handler says its path, below that of its namespace, as it is entered. */
import { wholeOf, wrapMethod } from '../wrap-method.ts'
import { sayEntered, watchNothing } from './entered.ts'
import { type Any, sayRoute, withoutSlash } from './say-route.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'del', 'head', 'options']

export function patchMicrorouter(exported: unknown): unknown {
  const whole = wholeOf<Record<string, unknown>>(exported)
  for (const name of METHODS) wrapMethod(whole, name, (make) => (path, handler) => watch(make, path, handler))
  return exported
}

/** What is made is called for each request, with the namespace, and enters the handler at once where it matches. */
function watch(make: Any, path: unknown, handler: unknown): unknown {
  if (typeof path !== 'string' || typeof handler !== 'function') return make(path, handler)
  let namespace: unknown
  const enter = new Proxy(handler as Any, {
    apply(target, self, args) {
      const [request, response] = args as [{ readonly url: string }, { readonly headersSent: boolean }]
      const takeBack = sayEntered(() => sayRoute(() => withoutSlash(`${namespace as string}${path}`), request.url))
      const isNothing = (value: unknown): boolean => !value && !response.headersSent
      return watchNothing(Reflect.apply(target, self, args), takeBack, isNothing)
    },
  })
  return new Proxy(make(path, enter) as Any, {
    apply(find, self, args) {
      namespace = args[2]
      return Reflect.apply(find, self, args)
    },
  })
}
