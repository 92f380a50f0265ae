/** Packages that were loaded in a version which their instrumentation does not know: found after the fact, from what it patched. */
import { loadLazily } from '../../lazy.ts'
import type { Definition } from '../definitions.ts'

interface Semver {
  satisfies(version: string, range: string, options: { readonly includePrerelease: boolean }): boolean
}

/** Of these versions, what is traced is in a package of its own. */
const HANDED_ON: Readonly<Record<string, readonly string[]>> = { redis: ['>=4.0.0'] }

export interface UnsupportedVersion {
  readonly module: string
  readonly version: string
  /** Ranges that are supported. */
  readonly supported: readonly string[]
  readonly instrumentation: string
}

/** Reads the definitions of each instrumentation; `semver` is loaded only when something loaded was not patched. */
export function findUnsupported(definitions: ReadonlyMap<string, readonly Definition[]>): UnsupportedVersion[] {
  const everything = [...definitions.values()].flat()
  return [...definitions].flatMap(([instrumentation, all]) => {
    const modules = [...new Set(all.map(({ name }) => name))]
    return modules.flatMap((module) => {
      const own = all.filter(({ name }) => name === module)
      const version = own.find(({ moduleVersion }) => moduleVersion !== undefined)?.moduleVersion
      if (version === undefined || own.some(isPatched)) return []
      const supported = [...new Set(own.flatMap(({ supportedVersions }) => supportedVersions))]
      // what one instrumentation leaves to another is supported
      const byAny = everything
        .filter(({ name }) => name === module)
        .flatMap(({ supportedVersions }) => supportedVersions)
      return isIn(version, [...byAny, ...(HANDED_ON[module] ?? [])])
        ? []
        : [{ module, version, supported, instrumentation }]
    })
  })
}

const isPatched = ({ moduleExports, files }: Definition): boolean =>
  moduleExports !== undefined || files.some((file) => file.moduleExports !== undefined)

/** As OpenTelemetry's instrumentations compare: releases to come of a supported version are supported. */
function isIn(version: string, ranges: readonly string[]): boolean {
  const { satisfies } = loadLazily<Semver>('semver')
  return ranges.some((range) => satisfies(version, range, { includePrerelease: true }))
}
