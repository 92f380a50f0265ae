/** Loads instrumentation code: a chunk each in the bundle, the package itself from source. */
import { createRequire } from 'node:module'
import path from 'node:path'
import type { InstrumentationBase } from '@opentelemetry/instrumentation'
import { distFolder, loadLazily, withPristineLoad } from '../../lazy.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { installForTargets } from './choose-loads.ts'
import { withPristineRequire } from './module-require.ts'
import { PATCHED_NOW } from './watch.ts'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

const require = createRequire(import.meta.url)
let isBaseLoaded = false

/** The exports of an instrumentation of the catalogue. */
export function loadInstrumentation(name: string): Record<string, unknown> {
  return withPristineRequire(() =>
    withPristineLoad(() =>
      require(
        typeof UPTRACE_NODE_BUNDLED === 'undefined'
          ? `@opentelemetry/instrumentation-${name}`
          : path.join(distFolder(), 'instrumentations', `${name}.cjs`),
      ),
    ),
  )
}

/** Installs the hooks that all instrumentations share, once, above ours, so that they see what ours dispatches again. */
export function loadBase(): void {
  if (isBaseLoaded) return
  const { InstrumentationBase: Base } = withPristineRequire(() =>
    withoutMocha(() => loadLazily<{ InstrumentationBase: typeof InstrumentationBase }>('instrumentation')),
  )
  class Nothing extends Base {
    override init() {
      return []
    }
  }
  // what no instrumentation wants yet must not pass: these hooks show a module to nobody but those who wait for it at its first load
  installForTargets(PATCHED_NOW, () => new Nothing(DISTRO_NAME, VERSION, { enabled: false }))
  isBaseLoaded = true
}

/** The base class takes what runs in mocha for its own tests, where each instrumentation has hooks of its own: they would stand above ours. */
function withoutMocha<T>(load: () => T): T {
  const known = Object.getOwnPropertyDescriptor(globalThis, 'describe')
  if (!known?.configurable) return load()
  Reflect.deleteProperty(globalThis, 'describe')
  try {
    return load()
  } finally {
    Object.defineProperty(globalThis, 'describe', known)
  }
}
