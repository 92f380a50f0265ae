/** Where in an Express app a request is: the paths of the layers it has entered, shared by all requests that get there. */

/** Apps have some dozens; beyond are apps that make paths up, or mount a router in itself. */
const MAX_SHARED = 5000
const MAX_SHARED_DEPTH = 50
let shared = 0

/**
 * The path of one layer below those of others. What follows from a list of paths is worked out here once, and by upstream's rules: the route that
 * names a handler, and the `http.route`.
 */
export class LayerPath {
  static readonly NONE = new LayerPath(undefined, '')

  /** All paths in a row, without those that match everything. */
  readonly constructed: string
  readonly #outer: LayerPath | undefined
  readonly #own: string
  readonly #depth: number
  readonly #route: string
  /** Whether the route holds for every URL, only for `/`, or for URLs that begin with it. */
  readonly #holds: 'always' | 'at the root' | 'as a prefix' | 'never'
  readonly #inner = new Map<string, LayerPath>()

  private constructor(outer: LayerPath | undefined, own: string) {
    this.#outer = outer
    this.#own = own
    this.#depth = outer === undefined ? 0 : outer.#depth + 1
    const paths = this.#paths()
    this.constructed = paths
      .filter(saysSomething)
      .join('')
      .replace(/\/{2,}/g, '/')
    this.#route = isWhole(this.constructed) ? this.constructed : `/${this.constructed}`
    if (paths.length === 0) this.#holds = 'never'
    else if (paths.every((path) => path === '/')) this.#holds = 'at the root'
    else this.#holds = isPattern(this.constructed) ? 'always' : 'as a prefix'
  }

  /** One layer further in. */
  enter(own: string): LayerPath {
    const known = this.#inner.get(own)
    if (known !== undefined) return known
    const path = new LayerPath(this, own)
    if (this.#depth < MAX_SHARED_DEPTH && shared < MAX_SHARED) {
      shared++
      this.#inner.set(own, path)
    }
    return path
  }

  /** One layer out. */
  leave(): LayerPath {
    return this.#outer ?? this
  }

  /** The `http.route` of a request with this URL. */
  routeOf(originalUrl: string): string | undefined {
    if (this.#holds === 'always') return this.#route
    if (this.#holds === 'as a prefix') return originalUrl.startsWith(this.#route) ? this.#route : undefined
    return this.#holds === 'at the root' && originalUrl === '/' ? '/' : undefined
  }

  #paths(): string[] {
    const paths: string[] = []
    for (let path: LayerPath = this; path.#outer !== undefined; path = path.#outer) paths.push(path.#own)
    return paths.reverse()
  }
}

function saysSomething(path: string): boolean {
  return path !== '/' && path !== '/*' && !/^\/\{[*][^}]*\}$/.test(path)
}

/** Needs no slash before it: a path, `*`, or a list or regular expression with a slash in it. */
function isWhole(constructed: string): boolean {
  return (
    constructed === '*' || constructed.startsWith('/') || (constructed.includes('/') && /[,\\*[]/.test(constructed))
  )
}

/** Has parameters, wildcards, alternatives: no URL begins with it. */
function isPattern(constructed: string): boolean {
  return /[:*]/.test(constructed) || (constructed.includes('/') && /[,\\[]/.test(constructed))
}
