/** The instrumentations that exist: each is loaded and constructed once, when the first of its targets is seen. */

import { createRequire, isBuiltin } from 'node:module'
import type { LoggerProvider, MeterProvider, TracerProvider } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { messageOf } from '../errors.ts'
import { log } from '../log.ts'
import { CLASSES } from './catalogue.generated.ts'
import { alsoPatch, type Definition, handOver, patchDefaultExports, show } from './definitions.ts'
import { withEndOnce } from './hooks/end-once.ts'
import { guardInstance, guardOwn, guardParts, type InstrumentationClass, withGuards } from './hooks/guard.ts'
import { withLinkedReceives } from './hooks/link-received.ts'
import { loadBase, loadInstrumentation } from './hooks/load.ts'
import { addExecutor } from './mend/graphql-executor.ts'
import { widenVersions } from './mend/versions.ts'
import { withSqlNames } from './sql/name-spans.ts'
import { TARGETS } from './targets.ts'

const require = createRequire(import.meta.url)

export interface Providers {
  readonly tracerProvider: TracerProvider
  readonly meterProvider: MeterProvider
  readonly loggerProvider: LoggerProvider
}

/** Instances outlive a shutdown: the module hooks call an instrumentation once per module, so a second instance would see nothing. */
const instances = new Map<string, Instrumentation>()
const definitions = new WeakMap<Instrumentation, readonly Definition[]>()
/** Names of what was activated under any configuration. */
const loaded = new Set<string>()

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
  /** Activates what an earlier configuration has loaded: its targets will not be seen again. */
  resume(): void
  /** Shows a module of Node to what patches it from now on and has replaced what had no need to see it. @returns whether there is such a one */
  showBuiltin(moduleName: string): boolean
  /** Leaves alone what `successor` has taken over. */
  disableAll(successor?: Registry): void
}

export function createRegistry(
  enabled: ReadonlySet<string>,
  providers: Providers,
  configOf: (name: string) => Record<string, unknown>,
  replacements: Readonly<Record<string, (config: Record<string, unknown>) => Instrumentation>> = {},
): Registry {
  const active = new Map<string, Instrumentation>()
  const failures = new Map<string, number>()
  const unseen = new Map<string, Definition>()
  const hasFailed = (name: string): boolean => (failures.get(name) ?? 0) >= MAX_TRIES
  const pendingFor = (moduleName: string): string[] =>
    (Object.hasOwn(TARGETS, moduleName) ? TARGETS[moduleName]! : []).filter(
      (name) => enabled.has(name) && !active.has(name) && !hasFailed(name),
    )
  const registry: Registry = {
    active,
    definitions: () => new Map([...active].map(([name, instrumentation]) => [name, definitionsOf(instrumentation)])),
    awaits: (moduleName) => pendingFor(moduleName).length > 0,
    activateFor: (moduleName) =>
      pendingFor(moduleName).filter((name) => registry.activate(name) !== undefined).length > 0,
    activate(name) {
      if (active.has(name) || hasFailed(name) || !enabled.has(name)) return active.get(name)
      try {
        return create(name)
      } catch (error) {
        const tries = (failures.get(name) ?? 0) + 1
        failures.set(name, tries)
        if (tries === 1)
          log.warn(
            `the instrumentation ${name} could not be loaded (${messageOf(error)}); its spans are missing until the library is loaded again`,
          )
        return undefined
      }
    },
    add(instrumentation) {
      guardInstance(instrumentation, instrumentation.instrumentationName)
      attach(instrumentation, instrumentation.instrumentationName)
      instrumentation.enable()
    },
    resume() {
      for (const name of loaded) registry.activate(name)
    },
    showBuiltin(moduleName) {
      const definition = unseen.get(moduleName)
      if (definition === undefined) return false
      unseen.delete(moduleName)
      // hooks that have not shown it yet do so now, and must not do so later
      show(definition, require(`node:${moduleName}`))
      return true
    },
    disableAll(successor) {
      const kept = new Set(successor?.active.values())
      for (const instrumentation of active.values()) if (!kept.has(instrumentation)) disable(instrumentation)
      active.clear()
    },
  }
  return registry

  function create(name: string): Instrumentation {
    loaded.add(name)
    const other = instances.get(keyOf(name, replacements[name] === undefined))
    // what it has wrapped for good, such as layers of an application, goes on with the providers of now
    if (other) {
      setProviders(other, name)
      other.disable()
    }
    const instance = createOwn(name)
    if (!other) return instance
    const own = definitionsOf(instance)
    handOver(definitionsOf(other), own)
    for (const one of own) if (one.moduleExports === undefined && isBuiltin(one.name)) unseen.set(one.name, one)
    return instance
  }

  function createOwn(name: string): Instrumentation {
    const key = keyOf(name, replacements[name] !== undefined)
    const known = instances.get(key)
    if (known) {
      known.setConfig(configOf(name))
      attach(known, name).enable()
      return known
    }
    loadBase()
    const instance = attach(replacements[name] ? replace(name, replacements[name]) : construct(name), name)
    instances.set(key, instance)
    return instance
  }

  function replace(
    name: string,
    create: (config: Record<string, unknown>) => Instrumentation & WithDefinitions,
  ): Instrumentation {
    const instance = create(configOf(name))
    guardOwn(instance, name)
    definitions.set(instance, instance.getModuleDefinitions?.() ?? [])
    return instance
  }

  function construct(name: string): Instrumentation {
    const Class = loadInstrumentation(name)[CLASSES[name]!] as InstrumentationClass<Definition>
    let own: Definition[] = []
    const Guarded = withGuards(Class, name, (found) => {
      own = found
      if (name === 'graphql') addExecutor(found)
      if (PATCHES_NAMED_EXPORTS_ONLY.has(name)) patchDefaultExports(found)
      for (const definition of found) {
        widenVersions(name, definition)
        alsoPatch(definition)
      }
    })
    const instance = new Guarded(configOf(name))
    guardParts(instance, name)
    definitions.set(instance, own)
    return instance
  }

  function attach(instrumentation: Instrumentation, name: string): Instrumentation {
    setProviders(instrumentation, name)
    active.set(name, instrumentation)
    return instrumentation
  }

  function setProviders(instrumentation: Instrumentation, name: string): void {
    const { tracerProvider } = providers
    const isOwn = instances.get(keyOf(name, true)) === instrumentation || Object.hasOwn(replacements, name)
    const adapted = (): TracerProvider =>
      withLinkedReceives(name, withEndOnce(name, withSqlNames(name, tracerProvider)))
    instrumentation.setTracerProvider(isOwn ? tracerProvider : adapted())
    instrumentation.setMeterProvider(providers.meterProvider)
    instrumentation.setLoggerProvider?.(providers.loggerProvider)
  }
}

/** An instrumentation of our own and the one that it replaces are two instances, of which one is on. */
const keyOf = (name: string, isReplaced: boolean): string => (isReplaced ? `${name}/own` : name)

/** One of the user's may fail. */
function disable(instrumentation: Instrumentation): void {
  try {
    instrumentation.disable()
  } catch (error) {
    log.warn(`${instrumentation.instrumentationName} could not be disabled: ${messageOf(error)}`)
  }
}

const definitionsOf = (instrumentation: Instrumentation): readonly Definition[] =>
  definitions.get(instrumentation) ?? []

interface WithDefinitions {
  getModuleDefinitions?(): readonly Definition[]
}
