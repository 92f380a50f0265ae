/** Marks objects of our own that instrumentations leave alone, such as the database of a viewer within a test suite. */

/** By name, since an instrumentation and the viewer may come from two copies of this package. */
const MARK = Symbol.for('uptrace-node.untraced')

export function markUntraced<Own extends object>(own: Own): Own {
  return Object.defineProperty(own, MARK, { value: true })
}

export const isUntraced = (object: object): boolean => MARK in object
