/** Who the program is by its package.json: the nearest one with a name above the main script. */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { threads } from '../../threads.ts'

export interface PackageIdentity {
  readonly name: string
  readonly version: string | undefined
}

const MAX_DEPTH = 32
const MODULES = `${path.sep}node_modules${path.sep}`

/** Under this name new threads are told who the program is. */
const KEY = 'uptrace-node.service'

/** What the main thread is called, whoever has said so, is what its worker threads are called unless they are told otherwise. */
export function shareIdentity(name: unknown, version: unknown): void {
  const { isMainThread, setEnvironmentData } = threads()
  if (isMainThread && typeof name === 'string') setEnvironmentData?.(KEY, { name, version } as never)
}

/** The same in the primary of a cluster, its workers, and worker threads, some of which have no script. */
export function findIdentity(env: Readonly<Record<string, string | undefined>>): PackageIdentity | undefined {
  const { isMainThread, getEnvironmentData } = threads()
  const told = isMainThread ? undefined : (getEnvironmentData(KEY) as PackageIdentity | undefined)
  return told ?? findPackage(env)
}

function findPackage(env: Readonly<Record<string, string | undefined>>): PackageIdentity | undefined {
  const script = mainScript(env)
  if (script === undefined) return undefined
  const at = script.indexOf(MODULES)
  // a tool such as next or tsx that the application has installed runs on its behalf; one that is installed globally is itself
  return (at < 0 ? undefined : nearestNamed(script.slice(0, at))) ?? nearestNamed(path.dirname(script))
}

function mainScript(env: Readonly<Record<string, string | undefined>>): string | undefined {
  // pm2 starts a script of its own and names the program's
  const given = env.pm_exec_path ?? process.argv[1]
  const hasNoScript = process.execArgv.some((flag) => /^(-e|-p|-pe|-i|--eval|--print|--interactive)(=|$)/.test(flag))
  if (given === undefined || (hasNoScript && env.pm_exec_path === undefined)) return undefined
  return fileOf(given)
}

/** What `node <given>` runs: the file, one with an ending that was left out, or that of a folder. */
function fileOf(given: string): string | undefined {
  try {
    const [found] = [given, `${given}.js`].filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    // which file of a folder it is does not matter here
    return found === undefined ? path.join(realpathSync(given), 'index.js') : realpathSync(found)
  } catch {
    return undefined
  }
}

function nearestNamed(folder: string): PackageIdentity | undefined {
  let current = folder
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const found = readIdentity(path.join(current, 'package.json'))
    const parent = path.dirname(current)
    if (found || parent === current) return found
    current = parent
  }
  return undefined
}

/** A package.json without a name, such as `{"type":"commonjs"}` in a folder of built files, is not that of a program. */
function readIdentity(file: string): PackageIdentity | undefined {
  try {
    // Node and npm do not mind a mark of byte order
    const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '')
    const { name, version } = JSON.parse(text) as Record<string, unknown>
    if (typeof name !== 'string' || name.trim() === '') return undefined
    return { name: name.trim(), version: typeof version === 'string' && version !== '' ? version : undefined }
  } catch {
    return undefined
  }
}
