/** The version of this package, for `telemetry.distro.version` and the user agent. */
import manifest from '../package.json' with { type: 'json' }

export const VERSION: string = manifest.version
export const DISTRO_NAME = 'uptrace-node'
