/** What Express calls for a request: a layer and its method. */
import type { RawPath } from './mount-path.ts'
import type { Next, Request, Response, Route } from './place.ts'

export type Handle = (this: Layer, request: Request, response: Response, next: Next) => unknown

/** Of Express 4 and 5. */
export interface Layer {
  /** Of handlers of a route. */
  readonly route?: Route | undefined
  /** What it matched last; Express 5 keeps none. */
  readonly path?: string
  /** Whether it is for all paths: Express 5, and 4. */
  readonly slash?: boolean
  readonly regexp?: { readonly fast_slash?: boolean }
  readonly rawPath?: RawPath
}
