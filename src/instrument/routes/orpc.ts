/** oRPC: what matches a request says its procedure, or the path that this was given for OpenAPI. */
import { following, wrapMethod } from '../wrap-method.ts'
import { withWatchedClass } from './exports.ts'
import { sayPrefixedRoute } from './say-route.ts'

interface Handler {
  readonly standardHandler?: { readonly matcher?: object }
}
interface Match {
  readonly path: readonly string[]
  readonly procedure: { readonly '~orpc'?: { readonly route?: { readonly path?: string } } }
}

const RPC = 'RPCHandler'
const OPENAPI = 'OpenAPIHandler'

/** The files of `@orpc/server` and `@orpc/openapi` that a handler is taken from. */
export const ORPC_FILES = ['node', 'fetch', 'fastify', 'aws-lambda'].map((name) => `dist/adapters/${name}/index.mjs`)

export const patchOrpc = (exported: object): object =>
  [RPC, OPENAPI]
    .filter((name) => typeof Reflect.get(exported, name) === 'function')
    .reduce((all, name) => withWatchedClass<Handler>(all, name, (made) => watch(made, name === OPENAPI)), exported)

/** All handlers of a kind have their matchers from one class, which goes by no name. */
function watch({ standardHandler }: Handler, isOpenApi: boolean): void {
  const prototype: unknown = Object.getPrototypeOf(standardHandler?.matcher ?? {})
  if (prototype === Object.prototype) return
  wrapMethod(
    prototype as object,
    'match',
    (match) =>
      function (this: unknown, ...args: unknown[]) {
        const path = String(args[1])
        return following(match.apply(this, args) as Promise<Match | undefined>, (_error, found) => {
          if (found) sayPrefixedRoute(() => routeOf(found as Match, isOpenApi), path)
        })
      },
  )
}

function routeOf({ path, procedure }: Match, isOpenApi: boolean): string {
  const given = isOpenApi ? procedure['~orpc']?.route?.path : undefined
  return given ?? `/${path.join('/')}`
}
