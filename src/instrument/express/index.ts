/** Express 4 and 5: the spans of OpenTelemetry's instrumentation with those of middleware and routers off, without the work for those. */
import type { Attributes, Context, Span } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { type Layer, type Tracing, wrapHandle } from './layers.ts'

type Base = typeof import('@opentelemetry/instrumentation')
type Register = (this: Router, ...args: unknown[]) => unknown
interface Router {
  readonly stack: readonly Layer[]
  route: Register
  use: Register
}
interface Express {
  readonly Router: Router | { readonly prototype: Router }
}

/** Those of the instrumentation that this one stands for. */
const SCOPE = '@opentelemetry/instrumentation-express'
const SCOPE_VERSION = '0.72.0'
const traced = new WeakSet<Layer>()
const METHODS = ['route', 'use'] as const

export function createExpress(): Instrumentation {
  const { InstrumentationBase, InstrumentationNodeModuleDefinition, isWrapped } = loadLazily<Base>('instrumentation')

  let definitions: InstrumentationModuleDefinition[] | undefined

  /** The base class calls `init` before there are fields or private methods. */
  class ExpressInstrumentation extends InstrumentationBase implements Tracing {
    override init(): InstrumentationModuleDefinition[] {
      if (definitions !== undefined) return definitions
      const patch = (exported: Express): Express => {
        const router = routerOf(exported)
        // what `application.use` and the methods of HTTP register goes through these two
        for (const method of METHODS) this._wrap(router, method, (original) => wrapRegister(original, this))
        return exported
      }
      const unpatch = (exported?: Express): void => {
        if (exported === undefined) return
        const router = routerOf(exported)
        for (const method of METHODS) if (isWrapped(router[method])) this._unwrap(router, method)
      }
      definitions = [new InstrumentationNodeModuleDefinition('express', ['>=4.0.0 <6'], patch, unpatch)]
      return definitions
    }

    startSpan(name: string, attributes: Attributes, parent: Context): Span {
      return this.tracer.startSpan(name, { attributes }, parent)
    }

    wrapLayer(layer: Layer, path: string | undefined): void {
      this._wrap(layer, 'handle', (original) => withPropertiesOf(original, wrapHandle(layer, path, this)))
    }
  }
  return new ExpressInstrumentation(SCOPE, SCOPE_VERSION, {}) as unknown as Instrumentation
}

/** Of several layers that one call registers, it is the last that is traced, as upstream has it. */
function wrapRegister(original: Register, instrumentation: { wrapLayer(layer: Layer, path?: string): void }): Register {
  return function register(...args) {
    const result = original.apply(this, args)
    const layer = this.stack.at(-1)
    // Express knows handlers of errors by their four parameters
    if (layer !== undefined && !traced.has(layer) && layer.handle.length <= 3) {
      traced.add(layer)
      instrumentation.wrapLayer(layer, pathOf(args[0]))
    }
    return result
  }
}

/** Of Express 4 it is the function itself that all routers inherit from. */
function routerOf({ Router }: Express): Router {
  return 'prototype' in Router && typeof Router.prototype?.route === 'function' ? Router.prototype : (Router as Router)
}

/** What was mounted is found by its properties, such as `stack` of a router. */
function withPropertiesOf<Fn extends object>(original: Fn, wrapped: Fn): Fn {
  for (const key in original) {
    Object.defineProperty(wrapped, key, {
      get: () => original[key],
      set: (value) => {
        original[key] = value
      },
    })
  }
  return wrapped
}

function pathOf(path: unknown): string | undefined {
  return Array.isArray(path) ? path.map(textOf).join(',') : textOf(path)
}

function textOf(path: unknown): string | undefined {
  return typeof path === 'string' ? path : path instanceof RegExp || typeof path === 'number' ? String(path) : undefined
}
