/** Which package or built-in a specifier, a path or a URL is about, going by its text. */

const DOT = 46
export const MODULES = 'node_modules/'

/** `node:http` -> http, `pg/lib/client` -> pg, `/x/node_modules/@a/b/c.js` -> @a/b; a file outside node_modules has none. */
export function moduleNameOf(given: string): string | undefined {
  // most specifiers are relative, and name nothing
  if (isRelative(given) && !given.includes('node_modules')) return undefined
  const specifier = withSlashes(given)
  if (specifier.startsWith('node:')) return specifier.slice(5)
  const at = specifier.lastIndexOf(MODULES)
  const inside = at >= 0 ? specifier.slice(at + MODULES.length) : specifier
  const first = inside.charCodeAt(0)
  if (at < 0 && (first === DOT || first === 47 /* / */ || specifier.startsWith('file:'))) return undefined
  if (inside === 'dns/promises' || inside === 'fs/promises') return inside
  const slash = inside.indexOf('/', first === 64 /* @ */ ? inside.indexOf('/') + 1 || inside.length : 0)
  return slash < 0 ? inside : inside.slice(0, slash)
}

export const withSlashes = (text: string): string => (text.includes('\\') ? text.replaceAll('\\', '/') : text)

export const isRelative = (specifier: string): boolean => specifier.charCodeAt(0) === DOT
