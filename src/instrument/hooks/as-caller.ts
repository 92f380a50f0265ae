/** Loads a built-in of Node that looks at who asks for it as if nobody stood between. */
import type Module from 'node:module'
import { compileFunction } from 'node:vm'

/** Warns unless one of the uppermost functions on the stack is of an installed package. Ours would count, and hide the one that asks. */
const LOOKING = new Set(['punycode', 'node:punycode'])

/** As far as Node looks. */
const FRAMES = 10

const CODE = 'return frames > 0 ? descend(descend, frames - 1, load, parent, id) : load.call(parent, id)'
const PARAMETERS = ['descend', 'frames', 'load', 'parent', 'id']

export const looksAtCaller = (id: string): boolean => LOOKING.has(id)

export function loadAsCaller(parent: Module, id: string, load: (this: Module, id: string) => unknown): unknown {
  // what is evaluated has no file
  const filename = typeof parent?.filename === 'string' ? parent.filename : '[eval]'
  const descend = compileFunction(CODE, PARAMETERS, { filename })
  return descend(descend, FRAMES, load, parent, id)
}
