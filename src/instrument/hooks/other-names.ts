/** Which loads of installed packages may be about a target without saying so. There are thousands of loads, so that only what few ask for gets a look. */
import { realpathSync } from 'node:fs'
import Module from 'node:module'
import path from 'node:path'
import { TARGETS } from '../targets.ts'
import { filenameOf, isInAlias, isInstalled } from './identity.ts'
import { moduleNameOf } from './module-name.ts'

type IsTarget = (moduleName: string) => boolean

/** Up, and into a folder, which may be that of a scope. */
const CLIMBING = /^(?:\.\.\/)+((?:@[^/]+\/)?[^./][^/]*)/

let program: string | undefined

/** `from` is the path or the URL of a file in node_modules. */
export function asksForOther(specifier: string, from: string, isTarget: IsTarget): boolean {
  if (isInAlias(from)) return true
  if (specifier.startsWith('.'))
    return specifier.includes('../') && climbsToTarget(path.posix.normalize(specifier), from, isTarget)
  // `#imports` are few, and a path is made by what loads for others, such as a test runner
  if (specifier.startsWith('#') || path.isAbsolute(specifier) || specifier.startsWith('file:')) return true
  return hasTelling(specifier, from, isTarget) || isOfProgram(from)
}

/** `../pg/lib/client.js` leads from one package into another where the folder above is `node_modules`, or that of a scope. */
function climbsToTarget(specifier: string, from: string, isTarget: IsTarget): boolean {
  const name = CLIMBING.exec(specifier)?.[1]
  if (name === undefined || !isTarget(name)) return false
  const filename = filenameOf(from)
  return filename !== undefined && moduleNameOf(path.resolve(path.dirname(filename), specifier)) === name
}

/** Who publishes a package that depends on an alias calls it by what it is: `pg8`, `express-5`, `@own/redis`. */
function hasTelling(specifier: string, from: string, isTarget: IsTarget): boolean {
  if (!librariesIn(specifier).some(isTarget)) return false
  // that of pg-types in pg is the name of a part
  return !isTarget(moduleNameOf(from) ?? '')
}

const known = new Map<string, readonly string[]>()
/** A program may make up names without end. */
const MAX_KNOWN = 10_000

/** What the words of a name could stand for: nothing for most, which are asked for again and again. */
function librariesIn(specifier: string): readonly string[] {
  let libraries = known.get(specifier)
  if (libraries === undefined) {
    libraries = specifier.split(/[^a-z]+/).filter((word) => Object.hasOwn(TARGETS, word) && !Module.isBuiltin(word))
    if (known.size < MAX_KNOWN) known.set(specifier, libraries)
  }
  return libraries
}

/** A program that npm has installed as a whole, such as a global one, gives names like any application. */
function isOfProgram(from: string): boolean {
  program ??= programFolder()
  return program !== '' && (filenameOf(from)?.startsWith(program) ?? false)
}

function programFolder(): string {
  try {
    const file = realpathSync(process.argv[1] ?? '')
    const end = file.lastIndexOf('node_modules') + 'node_modules'.length + 1
    return isInstalled(file) ? path.join(file.slice(0, end), moduleNameOf(file) ?? '', path.sep) : ''
  } catch {
    // no file: `node -e`
    return ''
  }
}
