/** Hands a file of a package that goes by another name to the instrumentations of the package that it is. */
import { loadLazily } from '../../lazy.ts'
import type { Identity } from './identity.ts'

interface Semver {
  satisfies(version: string, range: string, options: { readonly includePrerelease: boolean }): boolean
}
interface Patching {
  readonly name: string
  readonly supportedVersions: readonly string[]
  patch?(exported: unknown, version?: string): unknown
  moduleExports?: unknown
}
export interface AliasDefinition extends Patching {
  readonly files: readonly object[]
  moduleVersion?: string | undefined
}

/** What a file exported, and what became of it. */
const patched = new Map<string, { readonly before: unknown; readonly after: unknown }>()

export function patchAs(
  { name, version, file, isMain }: Identity,
  filename: string,
  exported: unknown,
  definitions: readonly AliasDefinition[],
): unknown {
  const known = patched.get(filename)
  if (known !== undefined && (known.before === exported || known.after === exported)) return known.after
  let after = exported
  for (const definition of definitions) {
    if (definition.name !== name) continue
    definition.moduleVersion = version
    if (isMain) after = apply(definition, after, version)
    for (const patching of definition.files as readonly Patching[])
      if (patching.name.replaceAll('\\', '/') === `${name}/${file}`) after = apply(patching, after, version)
  }
  patched.set(filename, { before: exported, after })
  return after
}

function apply(patching: Patching, exported: unknown, version: string | undefined): unknown {
  if (!isSupported(patching.supportedVersions, version) || typeof patching.patch !== 'function') return exported
  patching.moduleExports = exported
  return patching.patch(exported, version) ?? exported
}

function isSupported(ranges: readonly string[], version: string | undefined): boolean {
  if (version === undefined) return ranges.includes('*')
  const { satisfies } = loadLazily<Semver>('semver')
  return ranges.some((range) => satisfies(version, range, { includePrerelease: true }))
}
