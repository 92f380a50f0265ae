/** Where in an installed package the modules of a folder are, which is found out once for all of them. */
import type Module from 'node:module'
import { MODULES, moduleNameOf, withSlashes } from './module-name.ts'

export interface Home {
  /** Of the package. */
  readonly name: string
  readonly folder: string
  /** That of the modules, inside of the package, with slashes, and how deep that is. */
  readonly inner: string
  readonly depth: number
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
  return { name, folder: folder.slice(0, end), inner: inner || '.', depth: inner === '' ? 0 : inner.split('/').length }
}

/** Whether a relative specifier leads from there to what is not of the package. */
export function leadsOut({ depth }: Home, specifier: string): boolean {
  if (!specifier.includes('..')) return false
  let left = depth
  for (const part of withSlashes(specifier).split('/')) {
    if (part === '..') left--
    else if (part !== '.' && part !== '') left++
    if (left < 0) return true
  }
  return false
}
