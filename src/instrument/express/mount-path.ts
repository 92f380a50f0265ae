/** The path that a router, sub app or middleware was mounted under, as the application wrote it. */
import { guessMount } from '../http/left-route.ts'

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
  // a layer that was there before us
  if (raw === undefined) return guessMount(concrete, params)
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
