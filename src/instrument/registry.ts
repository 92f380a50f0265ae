/** The instrumentations that exist: each is loaded and constructed once, when the first of its targets is seen. */
import type { LoggerProvider, MeterProvider, TracerProvider } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { log } from '../log.ts'
import { CLASSES, TARGETS } from './catalogue.generated.ts'
import { loadBase, loadInstrumentation } from './hooks/load.ts'

export interface Providers {
  readonly tracerProvider: TracerProvider
  readonly meterProvider: MeterProvider
  readonly loggerProvider: LoggerProvider
}

/** Instances outlive a shutdown: the module hooks call an instrumentation once per module, so a second instance would see nothing. */
const instances = new Map<string, Instrumentation>()
const definitions = new Map<string, readonly Definition[]>()

/** Instrumentations which patch what `import { x }` gives, and forget the object that `import x` gives. */
const PATCHES_NAMED_EXPORTS_ONLY: ReadonlySet<string> = new Set(['grpc'])

/** A load may fail for a moment only, as when the process is out of file descriptors. */
const MAX_TRIES = 5

/** Loads instrumentations on demand and knows which exist. */
export interface Registry {
  /** Whether the first sight of this module has something to load. */
  awaits(moduleName: string): boolean
  /** Loads what patches this module; from then on its loads are patched. @returns whether anything was loaded */
  activateFor(moduleName: string): boolean
  activate(name: string): Instrumentation | undefined
  /** Adds one that the user has constructed. */
  add(instrumentation: Instrumentation): void
  readonly active: ReadonlyMap<string, Instrumentation>
  /** What the active ones patch, by name; without those of the user. */
  definitions(): ReadonlyMap<string, readonly Definition[]>
  disableAll(): void
}

export function createRegistry(
  enabled: ReadonlySet<string>,
  providers: Providers,
  configOf: (name: string) => Record<string, unknown>,
  replacements: Readonly<Record<string, (config: Record<string, unknown>) => Instrumentation>> = {},
): Registry {
  const active = new Map<string, Instrumentation>()
  const failures = new Map<string, number>()
  const hasFailed = (name: string): boolean => (failures.get(name) ?? 0) >= MAX_TRIES
  const pendingFor = (moduleName: string): string[] =>
    (Object.hasOwn(TARGETS, moduleName) ? TARGETS[moduleName]! : []).filter(
      (name) => enabled.has(name) && !active.has(name) && !hasFailed(name),
    )
  const registry: Registry = {
    active,
    definitions: () => new Map([...definitions].filter(([name]) => active.has(name))),
    awaits: (moduleName) => pendingFor(moduleName).length > 0,
    activateFor(moduleName) {
      const activated = pendingFor(moduleName).filter((name) => registry.activate(name) !== undefined)
      return activated.length > 0
    },
    activate(name) {
      if (active.has(name) || hasFailed(name) || !enabled.has(name)) return active.get(name)
      try {
        return create(name)
      } catch (error) {
        const tries = (failures.get(name) ?? 0) + 1
        failures.set(name, tries)
        const reason = error instanceof Error ? error.message : String(error)
        if (tries === 1)
          log.warn(
            `the instrumentation ${name} could not be loaded (${reason}); its spans are missing until the library is loaded again`,
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
    const instance = attach(replacements[name] ? replace(name, replacements[name]) : construct(name), name)
    instances.set(name, instance)
    return instance
  }

  function replace(
    name: string,
    create: (config: Record<string, unknown>) => Instrumentation & WithDefinitions,
  ): Instrumentation {
    const instance = create(configOf(name))
    definitions.set(name, instance.getModuleDefinitions?.() ?? [])
    return instance
  }

  function construct(name: string): Instrumentation {
    const Class = loadInstrumentation(name)[CLASSES[name]!] as InstrumentationClass
    const Watched = withDefinitions(Class, (found) => {
      definitions.set(name, found)
      if (PATCHES_NAMED_EXPORTS_ONLY.has(name)) patchDefaultExports(found)
    })
    return new Watched(configOf(name))
  }

  function attach(instrumentation: Instrumentation, name: string): Instrumentation {
    instrumentation.setTracerProvider(providers.tracerProvider)
    instrumentation.setMeterProvider(providers.meterProvider)
    instrumentation.setLoggerProvider?.(providers.loggerProvider)
    active.set(name, instrumentation)
    return instrumentation
  }
}

type Patch = (exported: unknown, version?: string) => unknown
/** What an instrumentation wants to patch; the base class notes in it what it has seen. */
export interface Definition {
  readonly name: string
  readonly supportedVersions: readonly string[]
  readonly files: readonly { readonly moduleExports?: unknown }[]
  patch?: Patch
  /** Of the copy that was loaded. */
  readonly moduleVersion?: string
  /** Set once patched. */
  readonly moduleExports?: unknown
}
interface WithDefinitions {
  getModuleDefinitions?(): readonly Definition[]
}
type InstrumentationClass = new (
  config: Record<string, unknown>,
) => Instrumentation & { init(): Definition | Definition[] | undefined }

/** Lets `see` look at the definitions as the instrumentation is constructed. */
function withDefinitions(Class: InstrumentationClass, see: (definitions: Definition[]) => void): InstrumentationClass {
  let isFirst = true
  return class extends Class {
    override init(): Definition | Definition[] | undefined {
      const result = super.init()
      if (isFirst) see([result ?? []].flat())
      isFirst = false
      return result
    }
  }
}

/** In a namespace of a CommonJS package the default export is the package's own object: it is patched as `require` would have it. */
function patchDefaultExports(definitions: readonly Definition[]): void {
  for (const definition of definitions) {
    const { patch } = definition
    if (!patch) continue
    definition.patch = (exported, version) => {
      patchDefault(patch, exported, version)
      return patch(exported, version)
    }
  }
}

function patchDefault(patch: Patch, exported: unknown, version: string | undefined): void {
  const whole = (exported as { default?: unknown }).default
  if (typeof whole === 'object' && whole !== null) patch(whole, version)
}
