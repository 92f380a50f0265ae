/** koa-tree-router: what it finds is a list of handlers, each of which belongs to one path. */
import { wholeOf, wrapMethod } from '../wrap-method.ts'
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
  wrapMethod(
    prototype,
    'on',
    (on) =>
      function (this: Router, ...args: [string, string]) {
        const result = on.apply(this, args) as unknown
        remember(this, ...args)
        return result
      },
  )
  wrapMethod(
    prototype,
    'find',
    (find) =>
      function (this: Router, ...args: unknown[]) {
        const found = find.apply(this, args) as Found
        const { handle } = found
        if (handle) sayRoute(() => paths.get(handle))
        return found
      },
  )
  return exported
}
