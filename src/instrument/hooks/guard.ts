/** Guards for instrumentations by others: what fails in one of them steps aside, and the library works as it does without it. */

import type { Instrumentation } from '@opentelemetry/instrumentation'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { adapt } from './app-objects.ts'
import { guardFunction, nameLike, type Wrapper } from './guard-function.ts'

export type Patch = (exported: unknown, version?: string) => unknown
interface Patching {
  readonly name: string
  patch?: Patch
}
export interface GuardedDefinition extends Patching {
  readonly files: readonly object[]
}
export type InstrumentationClass<Definition> = new (
  config: Record<string, unknown>,
) => Instrumentation & { init(): Definition | Definition[] | undefined }
type Wrap = (target: Record<PropertyKey, unknown>, name: PropertyKey, wrapper: Wrapper) => unknown

/** A patch asks a namespace for what only its default export has. */
class NotThere extends Error {}
let isInNamespace = false

/** `Class`, whose patches and wrappers never throw; `see` is shown what it patches. */
export function withGuards<Definition extends GuardedDefinition>(
  Class: InstrumentationClass<Definition>,
  name: string,
  see: (definitions: Definition[]) => void = () => {},
): InstrumentationClass<Definition> {
  let isFirst = true
  return class extends Class {
    override init(): Definition | Definition[] | undefined {
      if (!isFirst) return super.init()
      isFirst = false
      guardWraps(this, name)
      const definitions = [super.init() ?? []].flat() as Definition[]
      see(definitions)
      guardPatches(definitions, name)
      return definitions
    }
  }
}

/**
 * One that is constructed already. OpenTelemetry's base class keeps its definitions in a field, and some instrumentations are made of others, in
 * fields as well: where there are none, it is as safe as it is.
 */
export function guardInstance(instrumentation: object, name: string, seen = new Set<object>()): void {
  seen.add(instrumentation)
  const { _modules: found } = instrumentation as { _modules?: unknown }
  if (!Array.isArray(found)) return
  guardPatches(found as GuardedDefinition[], name)
  guardWraps(instrumentation, name)
  for (const part of Object.values(instrumentation))
    if (typeof part === 'object' && part !== null && !seen.has(part)) guardInstance(part, name, seen)
}

/** Of one of ours: what it puts around functions does not throw, and only has to look like them. */
export function guardOwn(instrumentation: object, name: string): void {
  const own = instrumentation as { _modules?: unknown; _wrap?: Wrap }
  if (Array.isArray(own._modules)) guardPatches(own._modules as GuardedDefinition[], name)
  const wrap = own._wrap
  if (typeof wrap !== 'function') return
  own._wrap = (target, key, wrapper) =>
    wrap(target, key, (original, ...rest) => nameLike(original, wrapper(original, ...rest)))
}

/** Likewise, what a guarded one is made of. */
export function guardParts(instrumentation: object, name: string): void {
  for (const part of Object.values(instrumentation))
    if (typeof part === 'object' && part !== null) guardInstance(part, name, new Set([instrumentation]))
}

/** Patches of these definitions never throw out of the `require` or `import` that they see. */
function guardPatches(definitions: readonly GuardedDefinition[], instrumentation: string): void {
  for (const definition of definitions)
    for (const patching of [definition, ...(definition.files as readonly Patching[])])
      guardPatch(patching, instrumentation)
}

/** Wrapped anew for each call, on an object of that call: to make the function look like the other would cost more than all the rest. */
const OF_ONE_CALL: ReadonlySet<string> = new Set([
  ...['aws-sdk.resolve', 'aws-sdk.clone', 'aws-sdk.concat'],
  'grpc.sendMetadata',
  // the callback, by its place among the arguments
  ...['mysql.1', 'mysql.2'],
  'tedious.callback',
])
const asItIs = <T>(_model: T, fn: T): T => fn

/** What the instrumentation puts around functions never stands in the way of them. */
function guardWraps(instrumentation: object, instrumentationName: string): void {
  const own = instrumentation as { _wrap?: Wrap; _massWrap?: unknown }
  const wrap = own._wrap
  if (typeof wrap !== 'function') return
  own._wrap = (target, name, wrapper) => {
    if (typeof target?.[name] === 'function' && typeof wrapper === 'function') {
      if (OF_ONE_CALL.has(`${instrumentationName}.${String(name)}`))
        return wrap(target, name, (original, key) => guardFunction(original, key, wrapper, asItIs))
      return wrap(target, name, (original, key) =>
        guardFunction(original, key, adapt(instrumentationName, name, wrapper)),
      )
    }
    if (isInNamespace) throw new NotThere(`no function ${String(name)}`)
    log.debug(`there is no function ${String(name)} to trace`)
    return undefined
  }
}

function guardPatch(patching: Patching, instrumentation: string): void {
  const { patch, name } = patching
  if (typeof patch !== 'function') return
  const apply: Patch = (exported, version) => {
    isInNamespace = isNamespace(exported)
    try {
      return patch.call(patching, exported, version)
    } finally {
      isInNamespace = false
    }
  }
  patching.patch = (exported, version) => {
    try {
      return apply(exported, version)
    } catch (error) {
      return patchOtherwise(apply, exported, version) ?? stepAside(error, instrumentation, name, exported)
    }
  }
}

/** A namespace stands for its default export, and an object that lets nothing be replaced for one of the same look. */
function patchOtherwise(apply: Patch, exported: unknown, version: string | undefined): unknown {
  const other = isNamespace(exported) ? exported.default : copyOf(exported)
  if (other === undefined || other === null) return undefined
  try {
    return apply(other, version)
  } catch {
    return undefined
  }
}

function stepAside(error: unknown, instrumentation: string, name: string, exported: unknown): unknown {
  log.warn(
    `the instrumentation ${instrumentation} could not patch ${name} (${messageOf(error)}): it works as without tracing, and its spans are missing`,
  )
  return exported
}

function isNamespace(exported: unknown): exported is { readonly default?: unknown } {
  return typeof exported === 'object' && exported !== null && Reflect.get(exported, Symbol.toStringTag) === 'Module'
}

function copyOf(exported: unknown): object | undefined {
  if (typeof exported !== 'object' || exported === null || isNamespace(exported)) return undefined
  const descriptors = Object.getOwnPropertyDescriptors(exported) as Record<PropertyKey, PropertyDescriptor>
  for (const key of Reflect.ownKeys(descriptors)) {
    const descriptor = descriptors[key]!
    descriptor.configurable = true
    if ('value' in descriptor) descriptor.writable = true
  }
  return Object.create(Object.getPrototypeOf(exported), descriptors) as object
}
