/** The instrumentations that exist: each is loaded and constructed once, when the first of its targets is seen. */
import type { LoggerProvider, MeterProvider, TracerProvider } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { log } from '../log.ts'
import { CLASSES, TARGETS } from './catalogue.generated.ts'
import { loadBase, loadInstrumentation } from './load.ts'

export interface Providers {
  readonly tracerProvider: TracerProvider
  readonly meterProvider: MeterProvider
  readonly loggerProvider: LoggerProvider
}

/** Instances outlive a shutdown: the module hooks call an instrumentation once per module, so a second instance would see nothing. */
const instances = new Map<string, Instrumentation>()

/** Loads instrumentations on demand and knows which exist. */
export interface Registry {
  /** Whether the first sight of this module has something to load. */
  awaits(moduleName: string): boolean
  /** Loads what patches this module; from then on its loads are patched. */
  activateFor(moduleName: string): void
  activate(name: string): Instrumentation | undefined
  /** Adds one that the user has constructed. */
  add(instrumentation: Instrumentation): void
  readonly active: ReadonlyMap<string, Instrumentation>
  disableAll(): void
}

export function createRegistry(
  enabled: ReadonlySet<string>,
  providers: Providers,
  configOf: (name: string) => Record<string, unknown>,
  replacements: Readonly<Record<string, () => Instrumentation>> = {},
): Registry {
  const active = new Map<string, Instrumentation>()
  const failed = new Set<string>()
  const pendingFor = (moduleName: string): string[] =>
    (Object.hasOwn(TARGETS, moduleName) ? TARGETS[moduleName]! : []).filter(
      (name) => enabled.has(name) && !active.has(name) && !failed.has(name),
    )
  const registry: Registry = {
    active,
    awaits: (moduleName) => pendingFor(moduleName).length > 0,
    activateFor(moduleName) {
      for (const name of pendingFor(moduleName)) registry.activate(name)
    },
    activate(name) {
      if (active.has(name) || failed.has(name) || !enabled.has(name)) return active.get(name)
      try {
        return create(name)
      } catch (error) {
        failed.add(name)
        log.warn(
          `the instrumentation ${name} could not be loaded (${error instanceof Error ? error.message : String(error)}); its spans are missing`,
        )
        return undefined
      }
    },
    add(instrumentation) {
      attach(instrumentation, instrumentation.instrumentationName)
      instrumentation.enable()
    },
    disableAll() {
      for (const instrumentation of active.values()) instrumentation.disable()
      active.clear()
    },
  }
  return registry

  function create(name: string): Instrumentation {
    const known = instances.get(name)
    if (known) {
      known.setConfig(configOf(name))
      attach(known, name).enable()
      return known
    }
    loadBase()
    const instance = attach(replacements[name]?.() ?? construct(name), name)
    instances.set(name, instance)
    return instance
  }

  function construct(name: string): Instrumentation {
    const Class = loadInstrumentation(name)[CLASSES[name]!] as new (config: Record<string, unknown>) => Instrumentation
    return new Class(configOf(name))
  }

  function attach(instrumentation: Instrumentation, name: string): Instrumentation {
    instrumentation.setTracerProvider(providers.tracerProvider)
    instrumentation.setMeterProvider(providers.meterProvider)
    instrumentation.setLoggerProvider?.(providers.loggerProvider)
    active.set(name, instrumentation)
    return instrumentation
  }
}
