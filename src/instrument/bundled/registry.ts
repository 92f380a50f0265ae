/** Modules that a bundler has put into the program: its plugin lets each hand over its exports, since nothing is loaded that could be seen. */

/** Where they do so; until somebody takes them it is a list. */
export const BUNDLED = 'uptrace-node.bundled'

export interface BundledModule {
  readonly name: string
  readonly version: string | undefined
  /** Inside of the package, with slashes. */
  readonly file: string
  readonly isMain: boolean
  /** What the rest of the program gets. */
  exports: unknown
}
type Take = (module: BundledModule) => void

const taken: BundledModule[] = []
let current: Take | undefined

/** From now on each module is given to `take`, as are those that were there before. @returns stops it */
export function takeBundled(take: Take): () => void {
  current = take
  const holder = globalThis as Record<symbol, unknown>
  const key = Symbol.for(BUNDLED)
  const waiting = holder[key]
  if (Array.isArray(waiting)) taken.push(...(waiting as BundledModule[]))
  holder[key] = { push: receive }
  for (const module of taken) handOut(module)
  return () => {
    if (current === take) current = undefined
  }
}

function receive(module: BundledModule): void {
  taken.push(module)
  handOut(module)
}

/** Called while the program loads its modules: it never throws. */
function handOut(module: BundledModule): void {
  try {
    current?.(module)
  } catch {
    // it works as it is
  }
}
