/** Loads a rarely needed library at the moment it is needed: a chunk of its own in the bundle, the package itself from source. */
import { existsSync } from 'node:fs'
import NodeModule, { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

/** Short name -> package, or file of ours. Each becomes `lazy/<name>.cjs` in the bundle. */
export const LAZY_PACKAGES = {
  'adopt-api': './signals/adopt-api.ts',
  prometheus: './signals/metrics/prometheus.ts',
  zipkin: './wire/encode-zipkin.ts',
  'sign-aws': './delivery/send/sign-aws.ts',
  'xray-ids': './signals/traces/xray-ids.ts',
  container: '@opentelemetry/resource-detector-container',
  instrumentation: '@opentelemetry/instrumentation',
  semver: 'semver',
  propagators: './context/vendor/index.ts',
  'config-file': './config/file/load.ts',
  // an entry of its own, so that it is minified apart from the code of ours that imports it
  configuration: '@opentelemetry/configuration',
  http: './instrument/http/index.ts',
  express: './instrument/express/index.ts',
  'webpack-loader': './instrument/bundled/webpack-loader.ts',
  spool: './delivery/spool/spool.ts',
  undici: './instrument/undici/index.ts',
  pg: './instrument/pg/index.ts',
  ioredis: './instrument/ioredis/index.ts',
  redis: './instrument/redis/index.ts',
  mysql2: './instrument/mysql2/index.ts',
  pino: './instrument/pino/instrumentation.ts',
  ai: './instrument/genai/ai.ts',
  graphql: './instrument/graphql/index.ts',
  http2: './instrument/http2/index.ts',
  'connect-rpc': './instrument/connect-rpc/index.ts',
  langchain: './instrument/langchain/index.ts',
  bullmq: './instrument/bullmq/index.ts',
  cron: './instrument/cron/index.ts',
  nodemailer: './instrument/nodemailer/index.ts',
  ws: './instrument/ws/index.ts',
  postgres: './instrument/postgres/index.ts',
  'better-sqlite3': './instrument/sqlite/better-sqlite3.ts',
  'node-sqlite': './instrument/sqlite/node-sqlite.ts',
  routes: './instrument/routes/instrumentation.ts',
  trpc: './instrument/trpc/index.ts',
  'local-viewer': './viewer/process/locate.ts',
  samplers: './signals/traces/sampling.ts',
  'tail-sampling': './signals/traces/tail-sampling.ts',
  console: './instrument/console/bridge.ts',
  'event-loop': './instrument/event-loop/blocks.ts',
  nest: './instrument/nest/instrumentation.ts',
  'development-checks': './signals/checks/processor.ts',
  'span-metrics': './signals/metrics/span-metrics.ts',
  'live-spans': './signals/traces/live-spans.ts',
  profiler: './signals/profiles/profiler.ts',
  'call-sites': './signals/traces/call-sites.ts',
} as const

const require = createRequire(import.meta.url)

export function loadLazily<Module>(name: keyof typeof LAZY_PACKAGES): Module {
  return withPristineLoad(() =>
    require(
      typeof UPTRACE_NODE_BUNDLED === 'undefined'
        ? LAZY_PACKAGES[name]
        : path.join(distFolder(), 'lazy', `${name}.cjs`),
    ),
  ) as Module
}

const pristine: unknown = Reflect.get(NodeModule, '_load')

/** Past what a test has put in the place of modules, or has loaded anew each time. */
export function withPristineLoad<T>(load: () => T): T {
  const now: unknown = Reflect.get(NodeModule, '_load')
  if (now === pristine || !Reflect.set(NodeModule, '_load', pristine)) return load()
  try {
    return load()
  } finally {
    Reflect.set(NodeModule, '_load', now)
  }
}

/** The file of an optional package, as the application has it, or as it lies beside this one; undefined when it is not installed. */
export function resolveOptional(name: string): string | undefined {
  for (const from of [import.meta.url, process.argv[1], path.join(process.cwd(), 'x')]) {
    if (from === undefined) continue
    try {
      return createRequire(from).resolve(name)
    } catch {
      // not there
    }
  }
  return undefined
}

/** Loads what `resolveOptional` has found. */
export const loadFile = <Module>(file: string): Module => require(file) as Module

let folder: string | undefined

/** The folder of the built package, whether this code ended up in a door, in a chunk, or in the bundle of an application. */
export function distFolder(): string {
  folder ??= findFolder()
  return folder
}

/** Where this code is: the built package, or `src` of the repository. */
export function ownFolder(): string {
  return typeof UPTRACE_NODE_BUNDLED === 'undefined' ? path.dirname(fileURLToPath(import.meta.url)) : distFolder()
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
