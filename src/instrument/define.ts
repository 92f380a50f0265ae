/** The frame of an instrumentation of our own for a library that OpenTelemetry has none for. */
import type { Context, MeterProvider, Span, SpanOptions } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../lazy.ts'
import { DISTRO_NAME, VERSION } from '../version.ts'

type Base = typeof import('@opentelemetry/instrumentation')
export type Settings = Readonly<Record<string, unknown>>

/** The instrumentation as it is now: a patch outlives many configurations. */
export interface Tracing {
  isEnabled(): boolean
  startSpan(name: string, options: SpanOptions, parent: Context): Span
  readonly settings: Settings
}

/** One module to patch, or one file of it. */
export interface Target {
  readonly module: string
  readonly versions: readonly string[]
  /** Inside of the module, with slashes; absent for what the module exports. */
  readonly file?: string
  /** Patches in place, or gives what stands for the exports from now on. Called again for another copy, and after another start. */
  patch(exported: never, tracing: Tracing): unknown
}

export interface Scope {
  readonly name: string
  readonly version: string
}

export interface Definition {
  readonly name: string
  readonly targets: readonly Target[]
  /** Called at the start, and whenever the provider changes. */
  onMeters?(provider: MeterProvider, scope: Scope, settings: Settings): void
  /** For built-ins, which are patched where they are: called each time that it is turned on. */
  onEnable?(tracing: Tracing): void
}

export function defineInstrumentation(definition: Definition, settings: Settings): Instrumentation {
  const { InstrumentationBase } = loadLazily<Base>('instrumentation')
  const scope = { name: `${DISTRO_NAME}/${definition.name}`, version: VERSION }
  let modules: InstrumentationModuleDefinition[] | undefined

  /** The base class calls `init` and `enable` before there are fields. */
  class OwnInstrumentation extends InstrumentationBase implements Tracing {
    override init(): InstrumentationModuleDefinition[] {
      modules ??= modulesOf(definition, this)
      return modules
    }

    override enable(): void {
      super.enable()
      definition.onEnable?.(this)
    }

    override setMeterProvider(provider: MeterProvider): void {
      super.setMeterProvider(provider)
      definition.onMeters?.(provider, scope, this.settings)
    }

    startSpan(name: string, options: SpanOptions, parent: Context): Span {
      return this.tracer.startSpan(name, options, parent)
    }

    get settings(): Settings {
      return this.getConfig() as Settings
    }
  }
  return new OwnInstrumentation(scope.name, scope.version, settings as object) as unknown as Instrumentation
}

function modulesOf({ targets }: Definition, tracing: Tracing): InstrumentationModuleDefinition[] {
  const { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } = loadLazily<Base>('instrumentation')
  const names = [...new Set(targets.map(({ module }) => module))]
  return names.map((name) => {
    const own = targets.filter(({ module }) => module === name)
    const patchWith = (target: Target) => (exported: unknown) => target.patch(exported as never, tracing) ?? exported
    const files = own.flatMap((target) =>
      target.file === undefined
        ? []
        : [
            new InstrumentationNodeModuleFile(
              `${name}/${target.file}`,
              [...target.versions],
              patchWith(target),
              () => {},
            ),
          ],
    )
    const whole = own.find(({ file }) => file === undefined)
    const versions = [...new Set(own.flatMap((target) => target.versions))]
    return new InstrumentationNodeModuleDefinition(
      name,
      versions,
      whole === undefined ? (exported: unknown) => exported : patchWith(whole),
      () => {},
      files,
    )
  })
}
