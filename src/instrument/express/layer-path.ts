/** Where in an Express app a request is: the paths of the layers it has entered, shared by all requests that get there. */

/** Apps have some dozens; beyond are apps that make paths up, or mount a router in itself. */
const MAX_SHARED = 5000
const MAX_SHARED_DEPTH = 50
let shared = 0

/** The path of one layer below those of others. */
export class LayerPath {
  static readonly NONE = new LayerPath('', 0)

  /** All paths in a row; empty outside of all. */
  readonly route: string
  readonly #depth: number
  readonly #inner = new Map<string, LayerPath>()

  private constructor(route: string, depth: number) {
    this.route = route
    this.#depth = depth
  }

  /** One layer further in. */
  enter(own: string): LayerPath {
    const known = this.#inner.get(own)
    if (known !== undefined) return known
    const path = new LayerPath(join(this.route, own), this.#depth + 1)
    if (this.#depth < MAX_SHARED_DEPTH && shared < MAX_SHARED) {
      shared++
      this.#inner.set(own, path)
    }
    return path
  }
}

/** As Express puts `baseUrl` and the path of a route together. */
function join(outer: string, own: string): string {
  if (own === '' || own === '/') return outer === '' ? '/' : outer
  const base = outer.endsWith('/') ? outer.slice(0, -1) : outer
  return (base + own).replace(/\/{2,}/g, '/')
}
