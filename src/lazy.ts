/** Loads a rarely needed library at the moment it is needed: a chunk of its own in the bundle, the package itself from source. */
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

/** Short name -> package. Each becomes `lazy/<name>.cjs` in the bundle. */
export const LAZY_PACKAGES = {
  b3: '@opentelemetry/propagator-b3',
  prometheus: '@opentelemetry/exporter-prometheus',
  zipkin: '@opentelemetry/exporter-zipkin',
  container: '@opentelemetry/resource-detector-container',
  instrumentation: '@opentelemetry/instrumentation',
  semver: 'semver',
} as const

const require = createRequire(import.meta.url)

export function loadLazily<Module>(name: keyof typeof LAZY_PACKAGES): Module {
  return require(
    typeof UPTRACE_NODE_BUNDLED === 'undefined' ? LAZY_PACKAGES[name] : path.join(distFolder(), 'lazy', `${name}.cjs`),
  ) as Module
}

/** The folder of the bundle, whether this code ended up in a door or in a chunk. */
export function distFolder(): string {
  const here = path.dirname(fileURLToPath(import.meta.url))
  return path.basename(here) === 'chunks' ? path.dirname(here) : here
}
