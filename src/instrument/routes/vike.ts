/** Vike: what looks for the page of a path says the route of the one that it takes. */
import { following } from '../wrap-method.ts'
import { withExport } from './exports.ts'
import { type Any, askLater, withoutSlash } from './say-route.ts'

/** Where versions keep it. */
const FOLDERS = ['dist/shared-server-client', 'dist/esm/shared', 'dist/cjs/shared']
export const VIKE_FILES = FOLDERS.map((folder) => `${folder}/route/index.js`)

interface PageContext {
  readonly _baseServer?: string
}
interface Found {
  /** Pages that are found by a function have no route. */
  readonly _routeMatch?: { readonly routeString?: unknown } | null
}

export function patchVike(exported: Record<string, unknown>): object {
  const route = exported['route'] as Any | undefined
  if (typeof route !== 'function') return exported
  const watched = function (this: unknown, ...args: unknown[]): unknown {
    return following(route.apply(this, args), (_error, found) => {
      const { routeString } = Object((found as Found | undefined)?._routeMatch) as { routeString?: unknown }
      const base = (args[0] as PageContext | undefined)?._baseServer ?? ''
      if (typeof routeString === 'string') askLater(() => pathOf(base + routeString))
    })
  }
  return withExport(exported, 'route', watched)
}

const pathOf = (route: string): string => withoutSlash(route.replace(/\/{2,}/g, '/'))
