/** Total.js 4 and 5: each looks for the route of a request by one function. */
import { watchResults, wholeOf } from '../wrap-method.ts'
import { sayRoute } from './say-route.ts'

interface Route {
  /** As it was given; that of version 4 has no slash at its start. */
  readonly url2?: unknown
  readonly urlraw?: unknown
}

export const TOTAL_FILES = ['routing.js']

/** The package of version 4, or the file of version 5. */
export function patchTotal(exported: unknown): unknown {
  watchResults(wholeOf<object>(exported), 'lookup', (found, [, , isForAnyone]) => {
    const { url2, urlraw } = Object(found) as Route
    const path = url2 ?? urlraw
    if (typeof path === 'string' && !isForAnyone) sayRoute(() => `/${path.replace(/^\/|\/$/g, '')}`)
  })
  return exported
}
