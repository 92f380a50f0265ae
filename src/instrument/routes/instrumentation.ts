/** Routes of frameworks for which there is no instrumentation: Hono and h3 say them as they look for the handler. */
import { context } from '@opentelemetry/api'
import { getRPCMetadata } from '@opentelemetry/core'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { ROUTES } from '../targets.ts'

type Base = typeof import('@opentelemetry/instrumentation')
type Any = (this: unknown, ...args: unknown[]) => unknown
interface HonoRouter {
  match: Any
}
type HonoClass = new (...args: unknown[]) => { readonly router: HonoRouter }
/** Of handlers and middleware in their order: function, route, and parameters. */
type HonoMatch = readonly [
  ReadonlyArray<readonly [readonly [unknown, { readonly path: string; readonly method: string }], unknown]>,
]

export function createRoutes(): Instrumentation {
  const { InstrumentationBase, InstrumentationNodeModuleDefinition } = loadLazily<Base>('instrumentation')
  class RoutesInstrumentation extends InstrumentationBase {
    override init(): InstrumentationModuleDefinition[] {
      return [
        new InstrumentationNodeModuleDefinition('hono', ['>=4 <5'], patchHono),
        new InstrumentationNodeModuleDefinition('h3', ['>=2.0.0-0 <3'], patchH3),
      ]
    }
  }
  return new RoutesInstrumentation(`${DISTRO_NAME}/${ROUTES}`, VERSION, {}) as unknown as Instrumentation
}

function patchHono(exported: { Hono: HonoClass }): object {
  const { Hono } = exported
  const Watched = class extends Hono {
    constructor(...args: unknown[]) {
      super(...args)
      watchRouter(this.router)
    }
  }
  Object.defineProperty(Watched, 'name', { value: Hono.name })
  if (Reflect.get(exported, Symbol.toStringTag) !== 'Module') return { ...exported, Hono: Watched }
  exported.Hono = Watched
  return exported
}

/** A router puts a faster `match` in the place of its own once it knows its routes. */
function watchRouter(router: HonoRouter): void {
  let match = router.match
  Object.defineProperty(router, 'match', {
    configurable: true,
    enumerable: true,
    set: (value: Any) => {
      match = value
    },
    get: () =>
      function (this: unknown, ...args: unknown[]): unknown {
        const result = match.apply(this, args)
        sayRoute(() => routeOfHono(result as HonoMatch))
        return result
      },
  })
}

/** The last handler; middleware is for all methods, as a handler may be. */
function routeOfHono([matched]: HonoMatch): string | undefined {
  const routes = matched.map(([[, route]]) => route)
  const handler =
    routes.findLast(({ method }) => method !== 'ALL') ?? routes.findLast(({ path }) => !/^\/?\*$/.test(path))
  return handler?.path
}

function patchH3(exported: { H3: { readonly prototype: Record<string, unknown> } }): object {
  const { prototype } = exported.H3
  const find = prototype['~findRoute'] as Any
  prototype['~findRoute'] = function (this: unknown, ...args: unknown[]): unknown {
    const found = find.apply(this, args) as { readonly data?: { readonly route?: unknown } } | undefined
    sayRoute(() => (typeof found?.data?.route === 'string' ? found.data.route : undefined))
    return found
  }
  return exported
}

function sayRoute(find: () => string | undefined): void {
  try {
    const metadata = getRPCMetadata(context.active())
    const route = find()
    if (metadata && route) metadata.route = route
  } catch {
    // another version, made in another way
  }
}
