/** mysql2: the spans of OpenTelemetry's instrumentation, with statements named by what they do. */
import { type Attributes, type Context, type Span, SpanKind } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { mend } from '../mend/libraries.ts'
import { type Method, type Tracing, wrapMethod } from './query.ts'

type Base = typeof import('@opentelemetry/instrumentation')
type Methods = Record<'query' | 'execute', Method>

export interface Mysql2Config {
  readonly addSqlCommenterCommentToQueries?: boolean
}

/** Those of the instrumentation that this one stands for. */
const SCOPE = { name: '@opentelemetry/instrumentation-mysql2', version: '0.70.0' }
const VERSIONS = ['>=1.4.2 <4']

export function createMysql2(config: Mysql2Config): Instrumentation {
  const base = loadLazily<Base>('instrumentation')
  const { InstrumentationBase, InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile, isWrapped } = base
  let definitions: InstrumentationModuleDefinition[] | undefined

  /** The base class calls `init` before there are fields or private methods. */
  class Mysql2Instrumentation extends InstrumentationBase implements Tracing {
    override init(): InstrumentationModuleDefinition[] {
      if (definitions !== undefined) return definitions
      const unpatch = (exported?: unknown): void => {
        if (exported === undefined) return
        const methods = methodsOf(exported)
        for (const name of ['query', 'execute'] as const) if (isWrapped(methods[name])) this._unwrap(methods, name)
      }
      const patch = (exported: unknown): unknown => {
        unpatch(exported)
        const methods = methodsOf(exported)
        this._wrap(methods, 'query', (original) => wrapMethod(original, this, false))
        this._wrap(methods, 'execute', (original) => wrapMethod(original, this, true))
        return exported
      }
      const file = new InstrumentationNodeModuleFile('mysql2/lib/connection.js', VERSIONS, patch, unpatch)
      const whole = (exported: unknown): unknown => mend('mysql2', exported)
      definitions = [new InstrumentationNodeModuleDefinition('mysql2', VERSIONS, whole, () => {}, [file])]
      return definitions
    }

    get sqlComments(): boolean {
      return (this.getConfig() as Mysql2Config).addSqlCommenterCommentToQueries === true
    }

    startSpan(name: string, attributes: Attributes, parent: Context): Span {
      return this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent)
    }
  }
  return new Mysql2Instrumentation(SCOPE.name, SCOPE.version, config as object) as unknown as Instrumentation
}

/** Newer versions have them in a class that callbacks and promises share. */
function methodsOf(exported: unknown): Methods {
  const { prototype } = exported as { prototype: Methods }
  const shared = Object.getPrototypeOf(prototype) as Partial<Methods> | null
  return typeof shared?.query === 'function' && typeof shared.execute === 'function' ? (shared as Methods) : prototype
}
