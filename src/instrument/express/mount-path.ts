/** The path that a router, sub app or middleware was mounted under, as the application wrote it. */

/** What Express takes for a path. */
export type RawPath = string | RegExp | number | readonly RawPath[]

/** Of each layer whose registration was seen. */
const known = new WeakMap<object, RawPath>()

/** The first argument of `use`, unless that is a function or a list of them. */
export function rememberMount(layer: object, first: unknown): void {
  let inner = first
  while (Array.isArray(inner) && inner.length > 0) inner = inner[0]
  if (typeof inner !== 'function') known.set(layer, first as RawPath)
}

/** `concrete` is the part of the URL that matched, and `params` what Express took out of it. */
export function mountPathOf(layer: { rawPath?: RawPath }, concrete: string, params: unknown): string {
  const raw = known.get(layer) ?? layer.rawPath
  if (raw === undefined) return guess(concrete, params)
  return Array.isArray(raw) ? chooseFrom(raw.flat(Infinity) as RawPath[], concrete) : textOf(raw)
}

export function textOf(path: unknown): string {
  return Array.isArray(path) ? path.map(textOf).join(',') : path === undefined || path === null ? '' : String(path)
}

/** That which matched, where it can be told. */
function chooseFrom(paths: readonly RawPath[], concrete: string): string {
  const parts = partsOf(concrete)
  const matched = paths.find((path) => {
    if (typeof path !== 'string') return false
    const own = partsOf(path)
    return own.length === parts.length && own.every((part, index) => isVariable(part) || part === parts[index])
  })
  return textOf(matched ?? paths)
}

const partsOf = (path: string): string[] => path.toLowerCase().replace(/\/+$/, '').split('/')
const isVariable = (part: string): boolean => /[:*{(]/.test(part)

/** For layers that were there before us: parameters by their names, the rest as it is. */
function guess(concrete: string, params: unknown): string {
  const names = new Map(
    Object.entries(Object(params) as Record<string, unknown>)
      .filter(([name, value]) => typeof value === 'string' && !/^\d+$/.test(name))
      .map(([name, value]) => [value as string, name]),
  )
  const named = (part: string): string => {
    const name = names.get(part) ?? names.get(decode(part))
    return name === undefined || part === '' ? part : `:${name}`
  }
  return concrete.split('/').map(named).join('/')
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
