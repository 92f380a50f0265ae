/** Express 4 and 5: the spans of OpenTelemetry's instrumentation with those of middleware and routers off, without the work for those. Of `router` alone, which Express 5 is made of, the routes. */
import type { Attributes, Context, Span } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { likeOf } from '../hooks/guard-function.ts'
import type { Handle, Layer } from './handle.ts'
import { type Tracing, wrapHandle } from './layers.ts'
import { rememberMount } from './mount-path.ts'

type Base = typeof import('@opentelemetry/instrumentation')
type Register = (this: Router, ...args: unknown[]) => unknown
interface Router {
  readonly stack: readonly Layer[]
  use: Register
}
type MakeRouter = (() => Router) & { readonly prototype?: Router }
interface Express {
  readonly Router: MakeRouter
}
type LayerMethods = Record<(typeof HANDLE)[number], Handle>

/** Those of the instrumentation that this one stands for. */
const SCOPE = '@opentelemetry/instrumentation-express'
const SCOPE_VERSION = '0.72.0'
const VERSIONS = ['>=4.0.0 <6']
const ROUTER_VERSIONS = ['>=1.0.0 <3']
/** What Express 5 and 4 call the method of a layer that runs it. */
const HANDLE = ['handleRequest', 'handle_request'] as const

/** Also of the router of Express 5, which is a package of its own. */
const patched = new WeakSet<Router>()
/** Those of an app of Express: the others' handlers have no spans. */
const spanned = new WeakSet<LayerMethods>()

export const createExpress = (): Instrumentation =>
  create((base, patchRouter, unpatchRouter) => {
    const patch = (exported: Express): Express => {
      patchRouter(exported.Router)
      spanned.add(layersOf(exported.Router))
      return exported
    }
    const unpatch = (exported?: Express): void => unpatchRouter(exported?.Router)
    const file = new base.InstrumentationNodeModuleFile('express/lib/express.js', VERSIONS, patch, unpatch)
    return [new base.InstrumentationNodeModuleDefinition('express', VERSIONS, patch, unpatch, [file])]
  })

/** @param isOurs whether Express is ours to trace: OpenTelemetry's instrumentation sees to its router as well */
export const createRouter = (isOurs: boolean): Instrumentation =>
  create((base, patchRouter, unpatchRouter) =>
    isOurs ? [new base.InstrumentationNodeModuleDefinition('router', ROUTER_VERSIONS, patchRouter, unpatchRouter)] : [],
  )

type Define = (
  base: Base,
  patchRouter: (Router: MakeRouter) => MakeRouter,
  unpatchRouter: (Router?: MakeRouter) => void,
) => InstrumentationModuleDefinition[]

function create(define: Define): Instrumentation {
  const base = loadLazily<Base>('instrumentation')
  const { InstrumentationBase, isWrapped } = base
  let definitions: InstrumentationModuleDefinition[] | undefined

  /** The base class calls `init` before there are fields or private methods. */
  class ExpressInstrumentation extends InstrumentationBase implements Tracing {
    override init(): InstrumentationModuleDefinition[] {
      if (definitions !== undefined) return definitions
      const patchRouter = (Router: MakeRouter): MakeRouter => {
        const router = routerOf(Router)
        // the package exports what its inner file does
        if (patched.has(router)) return Router
        const layers = layersOf(Router)
        patched.add(router)
        this._wrap(router, 'use', wrapUse)
        const hasSpans = (): boolean => spanned.has(layers)
        // the one method that the layers of all apps go through, also of those that are there already
        for (const name of HANDLE)
          if (layers[name] !== undefined) this._wrap(layers, name, (original) => wrapHandle(original, this, hasSpans))
        return Router
      }
      const unpatchRouter = (Router?: MakeRouter): void => {
        if (Router === undefined) return
        const [router, layers] = [routerOf(Router), layersOf(Router)]
        patched.delete(router)
        if (isWrapped(router.use)) this._unwrap(router, 'use')
        for (const name of HANDLE) if (isWrapped(layers[name])) this._unwrap(layers, name)
      }
      definitions = define(base, patchRouter, unpatchRouter)
      return definitions
    }

    startSpan(name: string, attributes: Attributes, parent: Context): Span {
      return this.tracer.startSpan(name, { attributes }, parent)
    }
  }
  return new ExpressInstrumentation(SCOPE, SCOPE_VERSION, {}) as unknown as Instrumentation
}

/** Notes the path of each layer that a call of `use` adds. */
function wrapUse(original: Register): Register {
  const wrapped: Register = function use(...args) {
    const before = this.stack.length
    const result = original.apply(this, args)
    for (const layer of this.stack.slice(before)) rememberMount(layer, args[0])
    return result
  }
  return likeOf(original, wrapped) as Register
}

/** Of Express 4 it is the function itself that all routers inherit from. */
function routerOf(Router: MakeRouter): Router {
  return typeof Router.prototype?.use === 'function' ? Router.prototype : (Router as unknown as Router)
}

/** What all layers inherit from; only a layer leads there. */
function layersOf(Router: MakeRouter): LayerMethods {
  const router = Router()
  router.use(() => {})
  return Object.getPrototypeOf(router.stack[0]) as LayerMethods
}
