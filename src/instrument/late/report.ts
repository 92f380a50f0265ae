/** Says once, by name, what is not traced because of when or in which version it was loaded. */
import { log } from '../../log.ts'
import { PASSING_ON, ROUTES, TARGETS } from '../targets.ts'
import type { LateLoad } from './attach.ts'
import type { UnsupportedVersion } from './unsupported.ts'

const FIX = 'start with node --import uptrace-node/register, or call configureOpentelemetry() before it is loaded'

const FIX_IMPORT =
  'start with node --import uptrace-node/register, or load it by import() after configureOpentelemetry()'

/** One line a package that was imported as ES modules. */
export function warnOfMissed(late: readonly LateLoad[]): void {
  for (const { module, version, loadedBy, isMissed } of late) {
    if (!isMissed) continue
    log.warn(
      `${module} ${version ?? ''} was loaded before telemetry was configured${loadedBy === undefined ? '' : ` (by ${loadedBy})`}, as ES modules, which cannot be patched afterwards: ${lossOf(module)}. To fix it, ${FIX_IMPORT}`,
    )
  }
}

function lossOf(module: string): string {
  if (Object.hasOwn(PASSING_ON, module)) return 'its operations are not traced'
  return TARGETS[module]?.every((name) => name === ROUTES) ? 'its routes are not known' : 'it is not traced'
}

/** One line a package whose functions were taken before they could be patched. */
export function warnOfTaken(late: readonly LateLoad[]): void {
  for (const { module, version, loadedBy, taken } of late) {
    if (taken.length === 0) continue
    const names = taken.map((name) => (name === 'default' ? 'its default export' : name)).join(', ')
    log.warn(
      `${module} ${version ?? ''} was loaded before telemetry was configured${loadedBy === undefined ? '' : ` (by ${loadedBy})`}, and ${names} had been taken from it: such calls are not traced. To fix it, ${FIX}`,
    )
  }
}

/** One line a package in a version that its instrumentation does not patch. */
export function warnOfUnsupported(found: readonly UnsupportedVersion[]): void {
  for (const { module, version, supported, instrumentation } of found)
    log.warn(
      `${module} ${version} is not traced: instrumentation-${instrumentation} supports ${supported.join(' or ')}. Use such a version, or add an instrumentation of your own with the option instrumentations.add`,
    )
}
