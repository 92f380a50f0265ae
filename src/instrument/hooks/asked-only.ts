/** Tells `import.meta.resolve`, which wants to know where a module is, from an import, which is about to load it. */
import { getCallSites } from 'node:util'

type Frame = ReturnType<typeof getCallSites>[number]

/** Hooks of others may be between. */
const FRAMES = 40
const LOADER = 'node:internal/modules/esm/'

/**
 * A hook gets the same for both. What differs is who called the loader: for `import.meta.resolve` a function `resolve` that no part of the loader
 * has called. `getCallSites` asks nobody, where the stack of an error does.
 */
export function isAskedOnly(): boolean {
  // Node before 22.9
  if (typeof getCallSites !== 'function') return false
  const frames = getCallSites(FRAMES)
  const at = frames.findIndex((frame) => isOfLoader(frame) && frame.functionName === 'resolveSync')
  return at >= 0 && frames[at + 1]?.functionName === 'resolve' && !isOfLoader(frames[at + 2])
}

const isOfLoader = (frame: Frame | undefined): boolean => frame?.scriptName.startsWith(LOADER) ?? false
