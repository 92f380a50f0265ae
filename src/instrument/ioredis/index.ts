/** ioredis: the spans of OpenTelemetry's instrumentation, without its work for each command. */
import { type Attributes, type Context, context, type Span, SpanKind, trace } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { wholeOf } from '../wrap-method.ts'
import { type Method, type Tracing, wrapConnect, wrapSendCommand } from './commands.ts'

type Base = typeof import('@opentelemetry/instrumentation')
interface RedisClass {
  readonly prototype: { sendCommand: Method; connect: Method }
}

/** Those of the instrumentation that this one stands for. */
const SCOPE = { name: '@opentelemetry/instrumentation-ioredis', version: '0.72.0' }
const VERSIONS = ['>=2.0.0 <7']
/** Where the class is, of 5 and 4: some import it from there. */
const FILES = ['ioredis/built/Redis.js', 'ioredis/built/redis/index.js']

export interface IoredisConfig {
  readonly requireParentSpan?: boolean
}

export function createIoredis(config: IoredisConfig): Instrumentation {
  const base = loadLazily<Base>('instrumentation')
  const { InstrumentationBase, InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile, isWrapped } = base
  let definitions: InstrumentationModuleDefinition[] | undefined

  /** The base class calls `init` before there are fields or private methods. */
  class IoredisInstrumentation extends InstrumentationBase implements Tracing {
    override init(): InstrumentationModuleDefinition[] {
      if (definitions !== undefined) return definitions
      const unpatch = (exported?: unknown): void => {
        const methods = classOf(exported)?.prototype
        if (methods === undefined) return
        for (const name of ['sendCommand', 'connect'] as const)
          if (isWrapped(methods[name])) this._unwrap(methods, name)
      }
      const patch = (exported: unknown): unknown => {
        unpatch(exported)
        const prototype = classOf(exported)?.prototype
        // a file that is required in a circle exports nothing yet
        if (prototype === undefined) return exported
        this._wrap(prototype, 'sendCommand', (original) => wrapSendCommand(original, this))
        this._wrap(prototype, 'connect', (original) => wrapConnect(original, this))
        return exported
      }
      const files = FILES.map((file) => new InstrumentationNodeModuleFile(file, VERSIONS, patch, unpatch))
      definitions = [new InstrumentationNodeModuleDefinition('ioredis', VERSIONS, patch, unpatch, files)]
      return definitions
    }

    override isEnabled(): boolean {
      const { requireParentSpan } = this.getConfig() as IoredisConfig
      return super.isEnabled() && (requireParentSpan !== true || trace.getSpan(context.active()) !== undefined)
    }

    startSpan(name: string, attributes: Attributes, parent: Context): Span {
      return this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent)
    }
  }
  return new IoredisInstrumentation(SCOPE.name, SCOPE.version, config as object) as unknown as Instrumentation
}

/** The package exports the class itself, its inner file as the default. */
function classOf(exported: unknown): RedisClass | undefined {
  const whole = wholeOf<(RedisClass & { readonly default?: RedisClass }) | undefined>(exported)
  return whole?.prototype === undefined ? whole?.default : whole
}
