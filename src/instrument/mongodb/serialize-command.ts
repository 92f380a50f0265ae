/** The text of a command of MongoDB for a span: upstream's form, without values, but of bounded length. */

/** Of a list as many members are written: thousands of documents are of the same shape, and writing them all would block the program. */
const MAX_MEMBERS = 10
const MAX_FIELDS = 100
const MAX_DEPTH = 20

export const serializeCommand = (command: object): string => JSON.stringify(shapeOf(command, []))

function shapeOf(value: unknown, above: readonly object[]): unknown {
  // bytes, dates, ids: what makes its own text has a value, not a shape
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || 'toJSON' in value) return '?'
  if (above.includes(value)) return '[Circular]'
  if (above.length > MAX_DEPTH) return '?'
  const path = [...above, value]
  if (Array.isArray(value)) {
    const shapes = value.slice(0, MAX_MEMBERS).map((member) => shapeOf(member, path))
    return value.length > MAX_MEMBERS ? [...shapes, `${value.length - MAX_MEMBERS} more`] : shapes
  }
  const entries = Object.entries(value).filter(([, field]) => field !== undefined && typeof field !== 'function')
  return Object.fromEntries(entries.slice(0, MAX_FIELDS).map(([name, field]) => [name, shapeOf(field, path)]))
}
