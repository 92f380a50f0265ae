/** pg and pg-pool: the spans and metrics of OpenTelemetry's instrumentation, with statements named by what they do. */
import { type Attributes, type Context, type MeterProvider, type Span, SpanKind } from '@opentelemetry/api'
import type {
  Instrumentation,
  InstrumentationModuleDefinition,
  InstrumentationModuleFile,
} from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import type { DurationMetrics } from '../../signals/metrics/duration-metrics.ts'
import { Targets } from '../db/target.ts'
import { DB_DURATION, findSeriesIn } from '../durations.ts'
import { wholeOf } from '../wrap-method.ts'
import { wrapConnect, wrapPoolConnect } from './connect.ts'
import { observePools, seePool } from './pool-metrics.ts'
import { wrapPoolQuery } from './pool-query.ts'
import { type Query, wrapQuery } from './query.ts'
import { attributesOfClient, type Client, type Connect, type Pool, type Tracing } from './tracing.ts'

export interface PgConfig {
  readonly addSqlCommenterCommentToQueries?: boolean
  readonly durationMetrics?: DurationMetrics | undefined
}

type Base = typeof import('@opentelemetry/instrumentation')
interface Class {
  readonly prototype: { query: Query; connect: Connect<Client> }
}
interface PoolClass {
  readonly prototype: { connect: Connect<Pool>; query: Connect<Pool> }
}

/** Those of the instrumentation that this one stands for. */
const SCOPE = { name: '@opentelemetry/instrumentation-pg', version: '0.77.0' }
const PG = ['>=8.0.3 <9']
const POOL = ['>=2.0.0 <4']

export function createPg(config: PgConfig): Instrumentation {
  const base = loadLazily<Base>('instrumentation')
  const { InstrumentationBase, InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile, isWrapped } = base
  let definitions: InstrumentationModuleDefinition[] | undefined
  let targets: Tracing['targets'] | undefined
  let meters: MeterProvider | undefined

  /** The base class calls `init` before there are fields or private methods. */
  class PgInstrumentation extends InstrumentationBase implements Tracing {
    override init(): InstrumentationModuleDefinition[] {
      definitions ??= this.define()
      return definitions
    }

    get targets(): Tracing['targets'] {
      if (targets === undefined) throw new Error('pg is not configured yet')
      return targets
    }

    get sqlComments(): boolean {
      return (this.getConfig() as PgConfig).addSqlCommenterCommentToQueries === true
    }

    startSpan(name: string, attributes: Attributes, parent: Context): Span {
      return this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent)
    }

    override setMeterProvider(provider: MeterProvider): void {
      super.setMeterProvider(provider)
      const { durationMetrics } = this.getConfig() as PgConfig
      targets = new Targets(findSeriesIn(DB_DURATION, SCOPE, durationMetrics, provider), attributesOfClient)
      if (meters !== provider) observePools(provider.getMeter(SCOPE.name, SCOPE.version))
      meters = provider
    }

    private define(): InstrumentationModuleDefinition[] {
      const patchClass = (found: unknown): unknown => {
        this.patchClient(found as Class)
        return found
      }
      const unpatchClass = (found?: unknown): void =>
        this.unpatch((found as Class | undefined)?.prototype, 'query', 'connect')
      const files: InstrumentationModuleFile[] = ['pg/lib/client.js', 'pg/lib/native/client.js'].map(
        (file) => new InstrumentationNodeModuleFile(file, PG, patchClass, unpatchClass),
      )
      const pg = new InstrumentationNodeModuleDefinition(
        'pg',
        PG,
        (exported: unknown) => {
          this.patchClient((wholeOf(exported) as { Client: Class }).Client)
          return exported
        },
        (exported?: unknown) => unpatchClass((wholeOf(exported) as { Client?: Class } | undefined)?.Client),
        files,
      )
      const pool = new InstrumentationNodeModuleDefinition(
        'pg-pool',
        POOL,
        (exported: unknown) => {
          const { prototype } = wholeOf(exported) as PoolClass
          this.unpatch(prototype, 'connect', 'query')
          this._wrap(prototype, 'query', wrapPoolQuery)
          this._wrap(prototype, 'connect', (original) => wrapPoolConnect(original, this, seePool))
          return exported
        },
        (exported?: unknown) =>
          this.unpatch((wholeOf(exported) as PoolClass | undefined)?.prototype, 'connect', 'query'),
      )
      return [pg, pool]
    }

    private patchClient(found: Class): void {
      const { prototype } = wholeOf(found) as Class
      this.unpatch(prototype, 'query', 'connect')
      this._wrap(prototype, 'query', (original) => wrapQuery(original, this))
      this._wrap(prototype, 'connect', (original) => wrapConnect(original, this))
    }

    private unpatch(prototype: object | undefined, ...names: string[]): void {
      const methods = prototype as Record<string, unknown> | undefined
      for (const name of names) if (isWrapped(methods?.[name])) this._unwrap(methods!, name)
    }
  }
  return new PgInstrumentation(SCOPE.name, SCOPE.version, config as object) as unknown as Instrumentation
}
