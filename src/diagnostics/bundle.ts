/** Tells whether a program was put together by a bundler, which inlines the libraries that would be traced. */
import { BUNDLED } from '../instrument/bundled/registry.ts'
import { readIfSmall } from '../small-file.ts'

const MAX_BYTES = 20 * 1024 * 1024
/** Comments and helpers that bundlers leave behind. */
const MARKS =
  /\/\/ (?:\.\.?\/)*node_modules\/|__webpack_require__|var __commonJS = |__turbopack|\/\/#region (?:\.\.?\/)*node_modules\//
/** What a library that was bundled with our plugin says of itself. */
const HANDED =
  /["'`]?name["'`]?:\s*["'`]([^"'`]+)["'`],\s*["'`]?version["'`]?:\s*["'`][^"'`]*["'`],\s*["'`]?file["'`]?:/g
const INLINED = /(?:\/\/ |\/\/#region |["'])(?:\.\.?\/)*node_modules\/((?:@[\w.-]+\/)?[\w.-]+)/g
/** Nobody writes lines this long on average: the file was minified, and with the comments went the names of what is inside. */
const MINIFIED_LINE = 300
const MINIFIED_BYTES = 100_000

/** Names of catalogue libraries inside the file; `undefined` when it does not look like a bundle. */
export function findInlined(file: string, catalogue: readonly string[]): string[] | undefined {
  const text = readIfSmall(file, MAX_BYTES)
  if (text === undefined || (!MARKS.test(text) && !isMinified(text))) return undefined
  const inside = new Set([...text.matchAll(INLINED)].map((match) => match[1]!))
  const handed = new Set(text.includes(BUNDLED) ? [...text.matchAll(HANDED)].map((match) => match[1]!) : [])
  const untraced = catalogue.filter((name) => inside.has(name) && !handed.has(name))
  return untraced.length === 0 && handed.size > 0 ? undefined : untraced
}

function isMinified(text: string): boolean {
  return text.length > MINIFIED_BYTES && text.length / text.split('\n').length > MINIFIED_LINE
}
