/** openapi-backend: its router says which operation a request is for. */
import { wholeOf, wrapMethod } from '../wrap-method.ts'
import { sayMountedRoute } from './say-route.ts'

interface Router {
  readonly apiRoot?: string
}

export function patchOpenApiBackend(exported: unknown): unknown {
  const { OpenAPIRouter } = wholeOf<{ readonly OpenAPIRouter?: { readonly prototype: object } }>(exported)
  if (OpenAPIRouter)
    wrapMethod(
      OpenAPIRouter.prototype,
      'matchOperation',
      (match) =>
        function (this: Router, ...args: unknown[]) {
          const operation = match.apply(this, args) as { readonly path?: unknown } | undefined
          const { path } = Object(args[0]) as { path?: unknown }
          if (typeof operation?.path === 'string' && typeof path === 'string')
            sayMountedRoute(() => `${(this.apiRoot ?? '').replace(/\/+$/, '')}${operation.path}`, path)
          return operation
        },
    )
  return exported
}
