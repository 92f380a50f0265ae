/** Where functions are written: paths in place of file URLs, and places in the sources where Node.js has source maps on. */
import { readFileSync, statSync } from 'node:fs'
import type { Runtime } from 'node:inspector'
import { findSourceMap, type SourceMap } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { performance } from '../../timers.ts'
import type { ProfileFrame } from '../../viewer/api.ts'

export interface Places {
  frameOf(frame: Runtime.CallFrame): ProfileFrame
  /** @param line from 1 */
  lineOf(url: string, line: number): number
  /** What a line of a file calls that V8 has no frame for, such as `JSON.parse`. */
  calleeOf(file: string, line: number): string | undefined
  /** The line at which a function that begins at `from` calls another one; undefined when none does, or several do. */
  callOf(file: string, from: number, name: string): number | undefined
}

interface Script {
  /** Undefined without a source map. */
  readonly map: SourceMap | undefined
  readonly file: string
  readonly askedAt: number
}

const MAX_SOURCE_BYTES = 5_000_000
const MAX_FUNCTION_LINES = 500
const MAX_KNOWN = 5000
/** A script may be sampled before its map is known to Node: so long after, it is asked again. */
const ASK_AGAIN_MILLIS = 5000
/** Built-in functions that take long with large values, and have no frame of their own in V8's samples. */
const BUILT_IN =
  /\b(JSON\.(?:parse|stringify)|structuredClone|Object\.(?:entries|keys|values|assign|fromEntries)|(?:\w+\.)?\w+Sync)\s*\(|\.(sort|toSorted|replaceAll|replace|matchAll|match|test|exec|split|join|concat|localeCompare|indexOf|includes|splice|slice)\s*\(/g

export function createPlaces(): Places {
  const scripts = new Map<string, Script>()
  return {
    frameOf({ functionName, url, lineNumber, columnNumber }) {
      const { map, file } = scriptOf(url)
      const [line, column] = [lineNumber + 1, columnNumber + 1]
      const entry = map?.findEntry(lineNumber, columnNumber)
      if (entry === undefined || !('originalSource' in entry))
        return { name: functionName, file, line: Math.max(line, 0), column: Math.max(column, 0) }
      const original = { line: entry.originalLine + 1, column: entry.originalColumn + 1 }
      return { name: functionName, file: pathOf(entry.originalSource), ...original }
    },
    lineOf(url, line) {
      // what is last in the line: at its beginning the last of the line before would be found
      const entry = scriptOf(url).map?.findEntry(line - 1, Number.MAX_SAFE_INTEGER)
      return entry && 'originalLine' in entry && entry.generatedLine === line - 1 ? entry.originalLine + 1 : line
    },
    calleeOf,
    callOf,
  }

  function scriptOf(url: string): Script {
    const known = scripts.get(url)
    const now = performance.now()
    if (known?.map || (known && now - known.askedAt < ASK_AGAIN_MILLIS)) return known
    const script = { file: pathOf(url), map: mapOf(url), askedAt: now }
    if (scripts.size >= MAX_KNOWN) scripts.clear()
    if (url !== '') scripts.set(url, script)
    return script
  }
}

function mapOf(url: string): SourceMap | undefined {
  if (url === '' || url.startsWith('node:')) return undefined
  try {
    return findSourceMap(url) ?? findSourceMap(pathOf(url))
  } catch {
    return undefined
  }
}

function calleeOf(file: string, line: number): string | undefined {
  const text = linesOf(file)?.[line - 1] ?? ''
  const calls = new Set([...text.matchAll(BUILT_IN)].map(([, whole, method]) => whole ?? `.${method}`))
  // of several it is not known which
  return calls.size === 1 ? [...calls][0] : undefined
}

function callOf(file: string, from: number, name: string): number | undefined {
  const lines = linesOf(file)?.slice(from - 1, from - 1 + MAX_FUNCTION_LINES) ?? []
  const indent = /^\s*/.exec(lines[0] ?? '')![0]
  const end = lines.findIndex((line, index) => index > 0 && line.startsWith(`${indent}}`))
  const body = end < 0 ? lines : lines.slice(0, end + 1)
  // V8 names what is assigned `exports.spin`; who calls it writes `dependency.spin(…)`
  const last = name.slice(name.lastIndexOf('.') + 1).replace(/\W/g, '\\$&')
  const call = new RegExp(`(?<![\\w$])${last}\\s*(?:\\?\\.)?\\(`)
  const calls = body.flatMap((line, index) => (call.test(line) ? from + index : []))
  return calls.length === 1 ? calls[0] : undefined
}

function linesOf(file: string): string[] | undefined {
  if (!path.isAbsolute(file)) return undefined
  try {
    const stats = statSync(file)
    // reading a pipe would wait
    if (!stats.isFile() || stats.size > MAX_SOURCE_BYTES) return undefined
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    // a bundle, or a file that is gone
    return undefined
  }
}

function pathOf(url: string): string {
  if (!url.startsWith('file:')) return url
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}
