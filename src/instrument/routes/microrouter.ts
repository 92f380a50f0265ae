/** microrouter: each handler says its path, below that of its namespace, as it is entered. */
import { wholeOf, wrapMethod } from '../wrap-method.ts'
import { sayEntered, watchNothing } from './entered.ts'
import { type Any, sayRoute } from './say-route.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'del', 'head', 'options']

export function patchMicrorouter(exported: unknown): unknown {
  const whole = wholeOf<Record<string, unknown>>(exported)
  for (const name of METHODS) wrapMethod(whole, name, (make) => (path, handler) => watch(make, path, handler))
  return exported
}

/** What is made is called for each request, with the namespace. */
function watch(make: Any, path: unknown, handler: unknown): unknown {
  if (typeof path !== 'string' || typeof handler !== 'function') return make(path, handler)
  return (request: { readonly url: string }, response: { readonly headersSent: boolean }, namespace = ''): unknown => {
    const enter = new Proxy(handler as Any, {
      apply(target, self, args) {
        const takeBack = sayEntered(() =>
          sayRoute(() => `${namespace as string}${path}`.replace(/(.)\/$/, '$1'), request.url),
        )
        const isNothing = (value: unknown): boolean => !value && !response.headersSent
        return watchNothing(Reflect.apply(target, self, args), takeBack, isNothing)
      },
    })
    return (make(path, enter) as Any)(request, response, namespace)
  }
}
