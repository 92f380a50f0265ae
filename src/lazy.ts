/** Loads a rarely needed library at the moment it is needed: a chunk of its own in the bundle, the package itself from source. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

/** Short name -> package, or file of ours. Each becomes `lazy/<name>.cjs` in the bundle. */
export const LAZY_PACKAGES = {
  prometheus: '@opentelemetry/exporter-prometheus',
  zipkin: './signals/traces/zipkin.ts',
  container: '@opentelemetry/resource-detector-container',
  instrumentation: '@opentelemetry/instrumentation',
  semver: 'semver',
  propagators: './context/vendor/index.ts',
  'config-file': './config/file/load.ts',
  // an entry of its own, so that it is minified apart from the code of ours that imports it
  configuration: '@opentelemetry/configuration',
  http: './instrument/http/index.ts',
  express: './instrument/express/index.ts',
  spool: './delivery/spool/spool.ts',
  undici: './instrument/undici/index.ts',
  pg: './instrument/pg/index.ts',
  ioredis: './instrument/ioredis/index.ts',
  redis: './instrument/redis/index.ts',
  mysql2: './instrument/mysql2/index.ts',
  routes: './instrument/routes/instrumentation.ts',
  'local-viewer': './viewer/process/locate.ts',
  samplers: './signals/traces/sampling.ts',
  'tail-sampling': './signals/traces/tail-sampling.ts',
  'span-metrics': './signals/metrics/span-metrics.ts',
  'live-spans': './signals/traces/live-spans.ts',
} as const

const require = createRequire(import.meta.url)

export function loadLazily<Module>(name: keyof typeof LAZY_PACKAGES): Module {
  return require(
    typeof UPTRACE_NODE_BUNDLED === 'undefined' ? LAZY_PACKAGES[name] : path.join(distFolder(), 'lazy', `${name}.cjs`),
  ) as Module
}

let folder: string | undefined

/** The folder of the built package, whether this code ended up in a door, in a chunk, or in the bundle of an application. */
export function distFolder(): string {
  folder ??= findFolder()
  return folder
}

/** False in the bundle of an application that was moved away from its node_modules: what is loaded late is not there. */
export function isComplete(): boolean {
  return typeof UPTRACE_NODE_BUNDLED === 'undefined' || isDist(distFolder())
}

function findFolder(): string {
  const here = path.dirname(fileURLToPath(import.meta.url))
  const beside = path.basename(here) === 'chunks' ? path.dirname(here) : here
  return isDist(beside) ? beside : (installedFolder() ?? beside)
}

/** Of the package that the application has installed: the code here was bundled from it. */
function installedFolder(): string | undefined {
  for (const from of [process.argv[1], path.join(process.cwd(), 'x')]) {
    if (from === undefined) continue
    try {
      const dist = path.join(path.dirname(createRequire(from).resolve('uptrace-node/package.json')), 'dist')
      if (isDist(dist)) return dist
    } catch {
      // not installed there
    }
  }
  return undefined
}

const isDist = (candidate: string): boolean => existsSync(path.join(candidate, 'lazy'))
