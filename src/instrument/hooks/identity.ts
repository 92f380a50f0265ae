/** Which package a file belongs to: by the folder it is installed in, else by the name in the nearest package.json. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { moduleNameOf } from './module-name.ts'

export interface Identity {
  /** Of the target, whatever the folder is called. */
  readonly name: string
  readonly version: string | undefined
  /** Whether the folder goes by another name, so that others do not know the package. */
  readonly isAlias: boolean
  /** Inside of the package, with slashes. */
  readonly file: string
  /** Whether that file is what the package is entered by. */
  readonly isMain: boolean
}
interface Manifest {
  readonly folder: string
  readonly name?: string
  readonly version?: string
  readonly main?: unknown
  readonly exports?: unknown
}
type IsTarget = (moduleName: string) => boolean

const manifests = new Map<string, Manifest | undefined>()
/** Folders of packages that go by another name: what they load themselves belongs to them. */
const aliasFolders = new Set<string>()

/** `given` is the path or the URL of a file, and `from` that of who loads it; undefined where it belongs to no target. */
export function identify(given: string, isTarget: IsTarget, from?: string): Identity | undefined {
  const filename = filenameOf(given)
  if (filename === undefined) return undefined
  const installed = isInstalled(filename) ? moduleNameOf(filename) : undefined
  const manifest = nearestManifest(path.dirname(filename))
  if (installed !== undefined && isTarget(installed)) return describe(installed, false, manifest, filename)
  const { name, folder } = manifest ?? {}
  if (name === undefined || folder === undefined || !isTarget(name)) return undefined
  // an application may be called like a package, and loads its own files
  if (!aliasFolders.has(folder) && isBelow(folder, filenameOf(from ?? ''))) return undefined
  aliasFolders.add(folder)
  return describe(name, true, manifest, filename)
}

function describe(name: string, isAlias: boolean, manifest: Manifest | undefined, filename: string): Identity {
  const file = manifest === undefined ? '' : path.relative(manifest.folder, filename).replaceAll('\\', '/')
  return { name, version: manifest?.version, isAlias, file, isMain: manifest === undefined || isMain(manifest, file) }
}

/** Whether the file belongs to a package that was found under another name. */
export function isInAlias(given: string): boolean {
  if (aliasFolders.size === 0) return false
  const filename = filenameOf(given)
  for (const folder of aliasFolders) if (isBelow(folder, filename)) return true
  return false
}

const isBelow = (folder: string, filename: string | undefined): boolean =>
  filename?.startsWith(folder + path.sep) ?? false

export const isInstalled = (given: string | undefined): boolean => given?.includes('node_modules') ?? false

/** Of a path or a URL; undefined for what is no file. */
export function filenameOf(given: string): string | undefined {
  if (path.isAbsolute(given)) return given
  if (!given.startsWith('file:')) return undefined
  try {
    return fileURLToPath(given)
  } catch {
    return undefined
  }
}

/** One without a name, such as `{"type":"module"}` in a folder of builds, is not that of a package. */
function nearestManifest(folder: string): Manifest | undefined {
  if (manifests.has(folder)) return manifests.get(folder)
  const parent = path.dirname(folder)
  const own = readManifest(folder)
  const found = own?.name !== undefined ? own : parent === folder ? undefined : nearestManifest(parent)
  manifests.set(folder, found)
  return found
}

function readManifest(folder: string): Manifest | undefined {
  try {
    const text = readFileSync(path.join(folder, 'package.json'), 'utf8').replace(/^\ufeff/, '')
    return { ...(JSON.parse(text) as object), folder }
  } catch {
    return undefined
  }
}

/** Whether the package in this folder is entered by this file, which may go without its ending. */
export function isEntry(folder: string, file: string): boolean {
  const manifest = nearestManifest(folder)
  return manifest === undefined || isMain(manifest, file)
}

const entries = new WeakMap<Manifest, ReadonlySet<string>>()

function isMain(manifest: Manifest, file: string): boolean {
  let known = entries.get(manifest)
  if (known === undefined) {
    known = entriesOf(manifest)
    entries.set(manifest, known)
  }
  return known.has(withoutEnding(file))
}

function entriesOf({ main, exports }: Manifest): Set<string> {
  const own = Object(exports) as Record<string, unknown>
  const files = [...filesIn('.' in own ? own['.'] : Object.keys(own).some((key) => key.startsWith('.')) ? [] : exports)]
  files.push(typeof main === 'string' ? main : 'index.js')
  return new Set(files.map((entry) => withoutEnding(path.posix.join('.', entry))))
}

/** All files that conditions may lead to. */
function filesIn(exported: unknown): string[] {
  if (typeof exported === 'string') return [exported]
  return typeof exported === 'object' && exported !== null ? Object.values(exported).flatMap(filesIn) : []
}

const ENDINGS = ['.js', '.cjs', '.mjs']
const INDEX = 'index'

/** A file inside of a package as a program may ask for it: without its ending, and a folder in place of its index. */
export function withoutEnding(file: string): string {
  const ending = ENDINGS.find((known) => file.endsWith(known)) ?? ''
  const name = ending === '' ? file : file.slice(0, -ending.length)
  if (name === INDEX || name === '.') return ''
  return name.endsWith(`/${INDEX}`) ? name.slice(0, -INDEX.length - 1) : name
}
