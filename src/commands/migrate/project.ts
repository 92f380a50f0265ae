/** Reads a project: its package.json, its code, and the files that start it. */
import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { readIfSmall } from '../../small-file.ts'

export interface SourceFile {
  /** Relative to the project, with slashes. */
  readonly name: string
  readonly text: string
}

export interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

export interface Project {
  readonly packageText: string
  readonly package: PackageJson
  /** JavaScript and TypeScript. */
  readonly code: readonly SourceFile[]
  /** Dockerfiles, .env files, manifests: where variables and preloads stand. */
  readonly starters: readonly SourceFile[]
  /** Packages below this one, by their folder. */
  readonly members: ReadonlyArray<{ readonly name: string; readonly json: PackageJson }>
}

const SKIPPED = new Set(['node_modules', 'dist', 'build', 'coverage', '.next'])
const CODE = /\.[cm]?[jt]sx?$/
const STARTER = /^(Dockerfile.*|Procfile|.*\.(ya?ml|sh|service)|ecosystem\.config\.\w+|\.env(\..+)?)$/
const MAX_FILES = 5_000
const MAX_BYTES = 500_000

/** @throws when package.json is missing or is not JSON */
export function readProject(folder: string): Project {
  const packageText = readFileSync(path.join(folder, 'package.json'), 'utf8')
  const parsed: unknown = JSON.parse(packageText)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new TypeError('package.json must hold an object')
  const files = filesBelow(folder)
  const read = (names: readonly string[]): SourceFile[] =>
    names.flatMap((name) => {
      const text = readIfSmall(path.join(folder, name), MAX_BYTES)
      return text === undefined ? [] : [{ name, text }]
    })
  return {
    packageText,
    package: parsed as PackageJson,
    code: read(files.filter((name) => CODE.test(name))),
    starters: read(files.filter((name) => STARTER.test(path.basename(name)) && !CODE.test(name))),
    members: read(files.filter((name) => name.endsWith('/package.json'))).flatMap(({ name, text }) => {
      const json = parseObject(text)
      return json ? [{ name: path.dirname(name), json }] : []
    }),
  }
}

function parseObject(text: string): PackageJson | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as PackageJson) : undefined
  } catch {
    return undefined
  }
}

function filesBelow(folder: string): string[] {
  const found: string[] = []
  const waiting = ['']
  while (waiting.length > 0 && found.length < MAX_FILES) {
    const below = waiting.shift()!
    for (const entry of entriesOf(path.join(folder, below))) {
      const name = path.posix.join(below, entry.name)
      if (entry.isDirectory() && !SKIPPED.has(entry.name) && entry.name !== '.git') waiting.push(name)
      else if (entry.isFile()) found.push(name)
    }
  }
  return found.sort()
}

/** A folder that may not be read holds nothing that could be changed. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
