/** koa-tree-router: what it finds is a list of handlers, each of which belongs to one path. */
import { watchResults, wholeOf } from '../wrap-method.ts'
import { sayRoute } from './say-route.ts'

interface Found {
  readonly handle?: object | null
}
interface Router {
  readonly trees: Readonly<Record<string, { search(path: string): Found }>>
}

const paths = new WeakMap<object, string>()

function remember({ trees }: Router, method: string, path: string): void {
  try {
    // a pattern leads to where a path that it stands for leads
    const handlers = trees[method]?.search(path).handle
    if (handlers) paths.set(handlers, path)
  } catch {
    // a tree of another make
  }
}

export function patchKoaTreeRouter(exported: unknown): unknown {
  const { prototype } = wholeOf<{ readonly prototype: object }>(exported)
  watchResults<Router>(prototype, 'on', (_result, [method, path], router) =>
    remember(router, method as string, path as string),
  )
  watchResults(prototype, 'find', (found) => {
    const { handle } = found as Found
    if (handle) sayRoute(() => paths.get(handle))
  })
  return exported
}
