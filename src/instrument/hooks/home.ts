/** Where in an installed package the modules of a folder are, which is found out once for all of them. */
import type Module from 'node:module'
import path from 'node:path'
import { isEntry } from './identity.ts'
import { MODULES, moduleNameOf, withSlashes } from './module-name.ts'

export interface Home {
  /** Of the package. */
  readonly name: string
  readonly folder: string
  /** That of the modules, inside of the package, with slashes, and how deep that is. */
  readonly inner: string
  readonly depth: number
  /** By relative specifier: files of one package are loaded from each other many times over. */
  files: Map<string, InnerFile> | undefined
}

/** What a relative specifier leads to. */
export interface InnerFile {
  /** Inside of the package, with slashes; it may go without its ending. */
  readonly file: string
  /** Whether the package is entered by it. */
  readonly isEntry: boolean
}

/** A folder outside of packages is `null`. */
const homes = new Map<string, Home | null>()

/** Undefined for a module of the application. */
export function homeOf({ filename, path: folder }: Module): Home | undefined {
  // one that was made by hand may be nowhere
  if (typeof filename !== 'string' || typeof folder !== 'string') return undefined
  let home = homes.get(folder)
  if (home === undefined) {
    home = findHome(folder) ?? null
    homes.set(folder, home)
  }
  return home ?? undefined
}

function findHome(folder: string): Home | undefined {
  const slashed = `${withSlashes(folder)}/`
  const at = slashed.lastIndexOf(MODULES)
  const name = at < 0 ? undefined : moduleNameOf(slashed)
  if (name === undefined || name === '') return undefined
  const end = at + MODULES.length + name.length
  const inner = slashed.slice(end + 1, -1)
  const depth = inner === '' ? 0 : inner.split('/').length
  return { name, folder: folder.slice(0, end), inner: inner || '.', depth, files: undefined }
}

/** @param specifier relative, one that does not lead out */
export function innerFile(home: Home, specifier: string): InnerFile {
  home.files ??= new Map()
  let known = home.files.get(specifier)
  if (known === undefined) {
    const file = path.posix.join(home.inner, specifier).replace(/\/$/, '')
    known = { file, isEntry: isEntry(home.folder, file) }
    home.files.set(specifier, known)
  }
  return known
}

/** Whether a relative specifier leads from there to what is not of the package. */
export function leadsOut({ depth }: Home, specifier: string): boolean {
  if (!specifier.includes('..')) return false
  const parts = withSlashes(specifier)
  let left = depth
  for (let start = 0, end = 0; start <= parts.length; start = end + 1) {
    const slash = parts.indexOf('/', start)
    end = slash < 0 ? parts.length : slash
    const isDot = parts.startsWith('.', start)
    if (end - start === 2 && isDot && parts.startsWith('.', start + 1)) left--
    else if (end - start > 1 || (end > start && !isDot)) left++
    if (left < 0) return true
  }
  return false
}
