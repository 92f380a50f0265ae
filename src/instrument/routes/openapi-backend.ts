/** openapi-backend: its router says which operation a request is for. */
import { watchResults, wholeOf } from '../wrap-method.ts'
import { sayRoute } from './say-route.ts'

interface Router {
  readonly apiRoot?: string
}

export function patchOpenApiBackend(exported: unknown): unknown {
  const { OpenAPIRouter } = wholeOf<{ readonly OpenAPIRouter?: { readonly prototype: object } }>(exported)
  if (OpenAPIRouter)
    watchResults<Router>(OpenAPIRouter.prototype, 'matchOperation', (found, [request], { apiRoot = '' }) => {
      const operation = found as { readonly path?: unknown } | undefined
      const { path } = Object(request) as { path?: unknown }
      if (typeof operation?.path === 'string' && typeof path === 'string')
        sayRoute(() => `${apiRoot.replace(/\/+$/, '')}${operation.path}`, path)
    })
  return exported
}
