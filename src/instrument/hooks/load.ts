/** Loads instrumentation code: a chunk each in the bundle, the package itself from source. */
import { createRequire } from 'node:module'
import path from 'node:path'
import type { InstrumentationBase } from '@opentelemetry/instrumentation'
import { distFolder, loadLazily } from '../../lazy.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { TARGETS } from '../targets.ts'
import { installForTargets, withPristineRequire } from './module-require.ts'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

const require = createRequire(import.meta.url)
let isBaseLoaded = false

/** The exports of an instrumentation of the catalogue. */
export function loadInstrumentation(name: string): Record<string, unknown> {
  return withPristineRequire(() =>
    require(
      typeof UPTRACE_NODE_BUNDLED === 'undefined'
        ? `@opentelemetry/instrumentation-${name}`
        : path.join(distFolder(), 'instrumentations', `${name}.cjs`),
    ),
  )
}

/** Installs the hooks that all instrumentations share, once, above ours, so that they see what ours dispatches again. */
export function loadBase(): void {
  if (isBaseLoaded) return
  isBaseLoaded = true
  const { InstrumentationBase: Base } = withPristineRequire(() =>
    loadLazily<{ InstrumentationBase: typeof InstrumentationBase }>('instrumentation'),
  )
  class Nothing extends Base {
    override init() {
      return []
    }
  }
  const isTarget = (moduleName: string): boolean => Object.hasOwn(TARGETS, moduleName)
  installForTargets(isTarget, () => new Nothing(DISTRO_NAME, VERSION, { enabled: false }))
}
