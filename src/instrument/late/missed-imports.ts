/** Libraries that the program imports as ES modules, and that Node had loaded before telemetry was configured: read from the program's own files. */
import { realpathSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { readIfSmall } from '../../small-file.ts'
import { threads } from '../../threads.ts'
import { isInstalled } from '../hooks/identity.ts'
import { moduleNameOf } from '../hooks/module-name.ts'
import { isToldOf, PASSING_ON, TARGETS } from '../targets.ts'
import type { LateLoad } from './attach.ts'

interface Lexer {
  parse(
    source: string,
  ): readonly [
    imports: ReadonlyArray<{ readonly type: string; readonly specifier?: string; readonly typeOnly?: boolean }>,
  ]
}

/** Larger files are made by bundlers; more of them are read by nobody who wrote them. */
const MAX_BYTES = 1_000_000
const MAX_FILES = 200
/** Any text that may be an import: the lexer, which takes longer to load, says of those that matter whether they are. */
const CANDIDATE = /\b(?:from|import)\s*['"]([^'"\n]+)['"]/g
const PRELOAD = /(?:^|\s)(?:--(?:import|require|loader|experimental-loader)|-r)\b/

const { _resolveFilename: resolveFilename, _nodeModulePaths: nodeModulePaths } = Module as unknown as {
  _resolveFilename(specifier: string, parent: object, isMain: boolean, options: object): string
  _nodeModulePaths(folder: string): string[]
}
const require = createRequire(import.meta.url)

/** Those that tell of themselves are followed from now on, the others are lost. @returns the others */
export function attachMissed(
  onSight: (moduleName: string) => boolean,
  isUnseen: (moduleName: string) => boolean,
  late: readonly LateLoad[],
): LateLoad[] {
  const isReplaced = (name?: string): boolean =>
    late.some(({ module, replaced }) => module === name && replaced.length > 0)
  const missed = findImports((name) => isUnseen(name) || isReplaced(PASSING_ON[name]))
  for (const { module } of missed) if (isToldOf(module)) onSight(module)
  return missed.filter(({ module }) => !isToldOf(module))
}

/** For a program that is preloaded: what would be missed if it were not. */
export const findMissedImports = (): LateLoad[] =>
  findImports((name) => Object.hasOwn(TARGETS, name)).filter(({ module }) => !isToldOf(module))

/**
 * All that a program imports by a static `import` has loaded before its first line runs. Node keeps no list of ES modules; what CommonJS has
 * loaded is in its cache, so that `isUnseen` answers false.
 */
function findImports(isUnseen: (moduleName: string) => boolean): LateLoad[] {
  const found = new Map<string, LateLoad>()
  const files = new Set([mainFile()])
  /** Whether one that a folder imports is an ES module; what is none comes up in many files. */
  const judged = new Map<string, boolean>()
  for (const file of files) {
    const source = read(file)
    let imports: readonly string[] | undefined
    const specifiers = [...source.matchAll(CANDIDATE)].map(([, specifier]) => specifier!)
    for (const specifier of specifiers) {
      if (specifier.startsWith('.') && files.size < MAX_FILES) files.add(path.resolve(path.dirname(file), specifier))
      const module = Module.isBuiltin(specifier) ? undefined : moduleNameOf(specifier)
      if (module === undefined || found.has(module) || !isUnseen(module)) continue
      const place = `${path.dirname(file)}\0${specifier}`
      if (!judged.has(place)) judged.set(place, isEsModule(specifier, file))
      if (!judged.get(place)) continue
      imports ??= importsOf(source)
      if (!imports.includes(specifier)) continue
      const { version } = manifestOf(module, file)
      found.set(module, { module, version, loadedBy: file, replaced: [], taken: [], isMissed: true })
    }
  }
  return [...found.values()]
}

/**
 * Whether this program may have loaded its imports already. Where something is preloaded, that may be what configures, and the program is to come.
 * @param isPreloaded this package was, by a flag or by a configuration file of Node
 */
export function hasBegun(isPreloaded: boolean): boolean {
  if (isPreloaded || !threads().isMainThread || process.argv[1] === undefined) return false
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? '']
  return !isInstalled(process.argv[1]) && !hasPreload(flags)
}

export const hasPreload = (flags: readonly string[]): boolean => PRELOAD.test(flags.join(' '))

/** `node .` and `node app` name a folder, or a file without its ending. */
function mainFile(): string {
  const given = process.argv[1]!
  try {
    return realpathSync(createRequire(given).resolve(given))
  } catch {
    return given
  }
}

const read = (file: string): string => readIfSmall(file, MAX_BYTES) ?? ''

function importsOf(source: string): string[] {
  try {
    // with which import-in-the-middle reads exports
    const { parse } = createRequire(require.resolve('import-in-the-middle'))('es-module-lexer') as Lexer
    const loading = parse(source)[0].filter(
      ({ type, typeOnly }) => !typeOnly && (type === 'static' || type.startsWith('reexport')),
    )
    return loading.map(({ specifier }) => specifier ?? '')
  } catch {
    return []
  }
}

/** What is CommonJS is seen when it runs, which may be later. */
function isEsModule(specifier: string, from: string): boolean {
  const options = { conditions: new Set(['node', 'import', 'module-sync']) }
  const parent = { id: from, filename: from, paths: nodeModulePaths(path.dirname(from)) }
  try {
    const file = resolveFilename(specifier, parent, false, options)
    if (!isEsFile(file)) return false
    const inner = importsOf(read(file)).filter((name) => name.startsWith('.'))
    // some are no more than a cover
    return inner.every((name) => isEsFile(path.resolve(path.dirname(file), name)))
  } catch {
    return false
  }
}

const isEsFile = (file: string): boolean =>
  file.endsWith('.mjs') || (file.endsWith('.js') && manifestOf(pathToFileURL(file)).type === 'module')

function manifestOf(specifier: string | URL, from?: string): { readonly version?: string; readonly type?: string } {
  try {
    const file = Module.findPackageJSON?.(specifier, from === undefined ? undefined : pathToFileURL(from))
    return Object(JSON.parse(read(file ?? '').replace(/^\ufeff/, '') || '{}')) as { version?: string; type?: string }
  } catch {
    return {}
  }
}
