/** Finds every copy of the OpenTelemetry API an application has installed: two of them are why telemetry vanishes without a word. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

const MAX_FOLDERS = 20_000

export interface ApiCopy {
  readonly version: string
  /** Relative to the application's folder. */
  readonly path: string
}

/** All copies that a program in `folder` can reach, in it or above it, each real folder once. Bounded, so that an odd tree cannot hang the command. */
export function findApiCopies(folder: string): ApiCopy[] {
  const copies = new Map<string, ApiCopy>()
  const seen = new Set<string>()
  const queue = upwards(folder).map((ancestor) => path.join(ancestor, 'node_modules'))
  while (queue.length > 0 && seen.size < MAX_FOLDERS) {
    const modules = queue.shift()!
    if (!existsSync(modules)) continue
    for (const name of packagesIn(modules)) {
      const real = realpathSync(path.join(modules, name))
      if (seen.has(real)) continue
      seen.add(real)
      if (name === '@opentelemetry/api')
        copies.set(real, { version: readVersion(real), path: path.relative(folder, path.join(modules, name)) })
      queue.push(path.join(real, 'node_modules'))
    }
    // pnpm keeps the real packages in a store of its own
    const store = path.join(modules, '.pnpm')
    if (existsSync(store)) queue.push(...readdirSync(store).map((entry) => path.join(store, entry, 'node_modules')))
  }
  return [...copies.values()]
}

/** The folder and those above it, as far as this package is found: what lies higher no part of the application loads. */
function upwards(folder: string): string[] {
  const parent = path.dirname(folder)
  const isEnough = parent === folder || existsSync(path.join(folder, 'node_modules/uptrace-node'))
  return isEnough ? [folder] : [folder, ...upwards(parent)]
}

function packagesIn(modules: string): string[] {
  return list(modules).flatMap((name) => {
    if (name.startsWith('.')) return []
    return name.startsWith('@') ? list(path.join(modules, name)).map((inner) => `${name}/${inner}`) : [name]
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function readVersion(folder: string): string {
  try {
    return String(
      (JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version?: unknown }).version,
    )
  } catch {
    return 'unknown'
  }
}

/** Whether Yarn's Plug'n'Play, which has no node_modules, knows the package. */
export function isInPnp(folder: string, name: string): boolean {
  try {
    return readFileSync(path.join(folder, '.pnp.cjs'), 'utf8').includes(`["${name}"`)
  } catch {
    return false
  }
}
