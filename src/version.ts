/** The version of this package, for `telemetry.distro.version` and the user agent. */
import manifest from '../package.json' with { type: 'json' }

export const VERSION: string = manifest.version
export const DISTRO_NAME = 'uptrace-node'

export function isNodeAtLeast(major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

/** The oldest version in `engines`. Older ones mostly work, but nobody tests them. */
export const isNodeSupported = (): boolean => isNodeAtLeast(22, 15)
