/** React Router and Remix: the pattern of the page, which the server around them knows nothing of. */
import { withExport } from './exports.ts'
import { type Any, askLater, withoutSlash } from './say-route.ts'

interface Route {
  readonly id: string
  readonly parentId?: string
  readonly path?: string
  readonly index?: boolean
  readonly caseSensitive?: boolean
}
interface Build {
  readonly routes: Readonly<Record<string, Route | undefined>>
  readonly basename?: string
}
interface Node extends Omit<Route, 'id' | 'parentId'> {
  readonly children?: readonly Node[]
}
type Match = (routes: readonly Node[], path: string, base?: string) => ReadonlyArray<{ readonly route: Node }> | null

const trees = new WeakMap<object, readonly Node[]>()
/** Of the package that Remix has it from, which is loaded before the first app is made. */
let matchOfRemix: Match | undefined

export function noteRemixRouter(exported: { matchRoutes?: Match }): unknown {
  matchOfRemix = exported.matchRoutes
  return exported
}

/** Wraps what makes the handler of a server. */
export function patchReactRouter(exported: Record<string, unknown>): object {
  const create = exported['createRequestHandler'] as Any | undefined
  if (typeof create !== 'function') return exported
  const createRequestHandler = function (this: unknown, build: unknown, ...rest: unknown[]): unknown {
    let known = typeof build === 'function' ? undefined : build
    // during development the build is made anew for each request
    const noted = async (): Promise<unknown> => {
      known = await (build as () => unknown)()
      return known
    }
    const handler = create.call(this, typeof build === 'function' ? noted : build, ...rest) as Any
    return async function (this: unknown, request: unknown, ...others: unknown[]): Promise<unknown> {
      const { url } = Object(request) as { url?: unknown }
      if (typeof url === 'string')
        askLater(() => findPattern((exported['matchRoutes'] as Match) ?? matchOfRemix, known as Build | undefined, url))
      return handler.call(this, request, ...others)
    }
  }
  return withExport(exported, 'createRequestHandler', createRequestHandler)
}

function findPattern(match: Match | undefined, build: Build | undefined, url: string): string | undefined {
  if (build === undefined) return undefined
  let tree = trees.get(build.routes)
  if (tree === undefined) {
    tree = treeOf(Object.values(build.routes).filter((route) => route !== undefined))
    trees.set(build.routes, tree)
  }
  // data of a page is asked for by its path and an ending
  const path = new URL(url).pathname.replace(/\/_(root)?\.data$/, '/').replace(/\.data$/, '')
  const matches = match?.(tree, path, build.basename)
  if (!matches) return undefined
  const parts = [build.basename ?? '', ...matches.map(({ route }) => route.path ?? '')]
  return withoutSlash(`/${parts.join('/')}`.replace(/\/{2,}/g, '/'))
}

function treeOf(routes: readonly Route[], parentId?: string): Node[] {
  return routes
    .filter((route) => (route.parentId || undefined) === parentId)
    .map(({ id, path, index, caseSensitive }) => ({
      ...(path !== undefined && { path }),
      ...(caseSensitive !== undefined && { caseSensitive }),
      ...(index ? { index } : { children: treeOf(routes, id) }),
    }))
}
