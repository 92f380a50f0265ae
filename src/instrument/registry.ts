/** The instrumentations that exist: each is loaded and constructed once, when the first of its targets is seen. */
import type { LoggerProvider, MeterProvider, TracerProvider } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { log } from '../log.ts'
import { CLASSES } from './catalogue.generated.ts'
import { withEndOnce } from './hooks/end-once.ts'
import {
  guardInstance,
  guardOwn,
  guardParts,
  type InstrumentationClass,
  type Patch,
  withGuards,
} from './hooks/guard.ts'
import { loadBase, loadInstrumentation } from './hooks/load.ts'
import { mend } from './mend/libraries.ts'
import { watchRoutes } from './routes/watch.ts'
import { withSqlNames } from './sql/name-spans.ts'
import { TARGETS } from './targets.ts'

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
  const failed = new Set<string>()
  const pendingFor = (moduleName: string): string[] =>
    (Object.hasOwn(TARGETS, moduleName) ? TARGETS[moduleName]! : []).filter(
      (name) => enabled.has(name) && !active.has(name) && !failed.has(name),
    )
  const registry: Registry = {
    active,
    definitions: () => new Map([...definitions].filter(([name]) => active.has(name))),
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
      guardInstance(instrumentation, instrumentation.instrumentationName)
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
    guardOwn(instance, name)
    definitions.set(name, instance.getModuleDefinitions?.() ?? [])
    return instance
  }

  function construct(name: string): Instrumentation {
    const Class = loadInstrumentation(name)[CLASSES[name]!] as InstrumentationClass<Definition>
    const Guarded = withGuards(Class, name, (found) => {
      definitions.set(name, found)
      if (PATCHES_NAMED_EXPORTS_ONLY.has(name)) patchDefaultExports(found)
      for (const definition of found) alsoPatch(definition)
    })
    const instance = new Guarded(configOf(name))
    guardParts(instance, name)
    return instance
  }

  function attach(instrumentation: Instrumentation, name: string): Instrumentation {
    const { tracerProvider } = providers
    const isOwn = Object.hasOwn(replacements, name)
    instrumentation.setTracerProvider(isOwn ? tracerProvider : withEndOnce(name, withSqlNames(name, tracerProvider)))
    instrumentation.setMeterProvider(providers.meterProvider)
    instrumentation.setLoggerProvider?.(providers.loggerProvider)
    active.set(name, instrumentation)
    return instrumentation
  }
}

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
/** What upstream leaves out. */
function alsoPatch(definition: Definition): void {
  for (const patching of [definition, ...(definition.files as readonly Definition[])]) {
    const { name, patch } = patching
    patching.patch = (exported, version) => {
      watchRoutes(name, exported)
      return mend(name, patch ? patch.call(patching, exported, version) : exported)
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
