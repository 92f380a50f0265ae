/** connect-route: it leaves the route on the request, and then calls the handler. */
import { wholeOf } from '../wrap-method.ts'
import { sayEntered, watchNext } from './entered.ts'
import { type Any, sayPrefixedRoute } from './say-route.ts'

interface Request {
  readonly url?: unknown
  readonly route?: unknown
}

export const patchConnectRoute = (exported: unknown): unknown =>
  new Proxy(wholeOf<Any>(exported), {
    apply: (create, self, args) => watch(Reflect.apply(create, self, args) as Any),
  })

const watch = (middleware: Any): Any =>
  new Proxy(middleware, {
    apply(enter, self, args) {
      const request = Object(args[0]) as Request
      const { url } = request
      let isPassed = false
      let takeBack = (): void => {}
      const given = watchNext(args, () => {
        isPassed = true
        takeBack()
      })
      const result: unknown = Reflect.apply(enter, self, given)
      const { route } = request
      if (!isPassed && typeof url === 'string' && typeof route === 'string')
        takeBack = sayEntered(() => sayPrefixedRoute(() => `/${route.replace(/^[\s/]+|[\s/]+$/g, '')}`, url))
      return result
    },
  })
