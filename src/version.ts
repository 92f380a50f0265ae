/** The version of this package, for `telemetry.distro.version` and the user agent, and what the version of Node allows. */
import * as nodeModule from 'node:module'
import manifest from '../package.json' with { type: 'json' }

export const VERSION: string = manifest.version
export const DISTRO_NAME = 'uptrace-node'

export function isNodeAtLeast(major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

/** The oldest version in `engines`. Older ones mostly work, but nobody tests them. */
export const isNodeSupported = (): boolean => isNodeAtLeast(22, 15)

/** Versions whose synchronous load hooks accept what import-in-the-middle returns (nodejs/node#59929). */
export function canHookInThread(): boolean {
  if (typeof nodeModule.registerHooks !== 'function') return false
  const [major = 0, minor = 0, patch = 0] = process.versions.node.split('.').map((part) => Number.parseInt(part, 10))
  const since: Record<number, [number, number]> = { 22: [22, 3], 24: [11, 1], 25: [1, 0] }
  if (major >= 26) return true
  const needed = since[major]
  return needed !== undefined && (minor > needed[0] || (minor === needed[0] && patch >= needed[1]))
}
