/** Astro: its app says which page or endpoint answers, by the pattern of its file. */
import { watchResults } from '../wrap-method.ts'
import { askLater } from './say-route.ts'

interface AppClass {
  readonly prototype: object
}
interface AstroExports {
  readonly BaseApp?: AppClass
  /** Up to version 5. */
  readonly App?: AppClass
}

export function patchAstro(exported: AstroExports): AstroExports {
  const { prototype } = exported.BaseApp ?? exported.App ?? {}
  if (prototype && Object.hasOwn(prototype, 'match'))
    watchResults(prototype, 'match', (found) => {
      const { route } = Object(found) as { route?: unknown }
      if (typeof route === 'string') askLater(() => route)
    })
  return exported
}
