/** What instrumentations patch: shown to them, handed from one to the other, and patched further than upstream does. */
import type { Patch } from './hooks/guard.ts'
import { mend } from './mend/libraries.ts'
import { patchBoth } from './mend/namespace.ts'
import { watchRoutes } from './routes/watch.ts'

/** What an instrumentation wants to patch; the base class notes in it what it has seen. */
export interface Definition {
  readonly name: string
  supportedVersions: string[]
  readonly files: readonly { readonly moduleExports?: unknown }[]
  patch?: Patch
  /** Of the copy that was loaded. */
  moduleVersion?: string | undefined
  /** Set once patched. */
  moduleExports?: unknown
}

/** Hooks show a module at its first load only, so an instrumentation that came later gets it from the one it replaces. */
export function handOver(from: readonly Definition[], to: readonly Definition[]): void {
  for (const definition of to) {
    const before = from.find(({ name, moduleExports }) => name === definition.name && moduleExports !== undefined)
    if (before !== undefined) show(definition, before.moduleExports, before.moduleVersion)
  }
}

export function show(definition: Definition, exported: unknown, version?: string): void {
  if (definition.moduleExports !== undefined) return
  definition.moduleExports = exported
  definition.moduleVersion = version
  definition.patch?.(exported, version)
}

/** What upstream leaves out. */
export function alsoPatch(definition: Definition): void {
  for (const patching of [definition, ...(definition.files as readonly Definition[])]) {
    const { name, patch } = patching
    patching.patch = (exported, version) => {
      watchRoutes(name, exported)
      return mend(name, patch ? patchBoth(patch.bind(patching), exported, version) : exported)
    }
  }
}

/** In a namespace of a CommonJS package the default export is the package's own object: it is patched as `require` would have it. */
export function patchDefaultExports(definitions: readonly Definition[]): void {
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
