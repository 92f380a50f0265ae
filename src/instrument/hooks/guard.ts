/** Guards for instrumentations by others: what fails in one of them steps aside, and the library works as it does without it. */
import { log } from '../../log.ts'
import { guardFunction, type Wrapper } from './guard-function.ts'

export type Patch = (exported: unknown, version?: string) => unknown
interface Patching {
  readonly name: string
  patch?: Patch
}
export interface GuardedDefinition extends Patching {
  readonly files: readonly object[]
}
type Wrap = (target: Record<PropertyKey, unknown>, name: PropertyKey, wrapper: Wrapper) => unknown

/** A patch asks a namespace for what only its default export has. */
class NotThere extends Error {}
let isInNamespace = false

/** Patches of these definitions never throw out of the `require` or `import` that they see. */
export function guardPatches(definitions: readonly GuardedDefinition[], instrumentation: string): void {
  for (const definition of definitions)
    for (const patching of [definition, ...(definition.files as readonly Patching[])])
      guardPatch(patching, instrumentation)
}

/** What the instrumentation puts around functions never stands in the way of them. */
export function guardWraps(instrumentation: object): void {
  const own = instrumentation as { _wrap?: Wrap; _massWrap?: unknown }
  const wrap = own._wrap
  if (typeof wrap !== 'function') return
  own._wrap = (target, name, wrapper) => {
    if (typeof target?.[name] === 'function' && typeof wrapper === 'function')
      return wrap(target, name, (original, key) => guardFunction(original, key, wrapper))
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
    `the instrumentation ${instrumentation} could not patch ${name} (${error instanceof Error ? error.message : String(error)}): it works as without tracing, and its spans are missing`,
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
