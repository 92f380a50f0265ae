/** A query of postgres: its text before it is built, and its end. */

export interface Query {
  readonly strings: readonly string[]
  readonly args: readonly unknown[]
  readonly tagged: boolean
  readonly executed: boolean
  /** Set where the answer comes in parts. */
  readonly cursorRows?: number
  resolve: Settle
  reject: Settle
}
type Settle = (value: unknown) => unknown

const MAX_DEPTH = 20

/** As the library builds it, with `?` for what helpers such as `sql(rows)` insert. */
export function textOf(query: Query): string {
  let count = 0
  const build = ({ strings, args, tagged }: Query, depth: number): string => {
    if (!tagged || depth > MAX_DEPTH) return strings[0] ?? ''
    return strings.map((text, index) => (index === 0 ? text : partOf(args[index - 1], depth) + text)).join('')
  }
  const partOf = (value: unknown, depth: number): string => {
    const part = Object(value) as Partial<Query> & { readonly value?: unknown; readonly first?: unknown }
    if (Array.isArray(part.strings) && Array.isArray(part.args)) return build(part as Query, depth + 1)
    if (Array.isArray(value) && Array.isArray((Object(value[0]) as Partial<Query>).strings))
      return value.map((one) => partOf(one, depth + 1)).join(' ')
    // a name, which the library has escaped
    if (part.constructor?.name === 'Identifier' && typeof part.value === 'string') return part.value
    if (part.constructor?.name === 'Builder') return '?'
    return `$${++count}`
  }
  return build(query, 0)
}

/** The two functions that settle a query are the library's own; a cursor is given new ones for each part of the answer. */
export function endWith(query: Query, end: (error: unknown) => void): void {
  for (const name of ['resolve', 'reject'] as const) {
    const note = (value: unknown): void => end(name === 'reject' ? (value ?? new Error('rejected')) : undefined)
    let settle = query[name]
    const settling: Settle = function (this: unknown, value) {
      note(value)
      return settle.call(this, value)
    }
    if (query.cursorRows === undefined) query[name] = settling
    else
      Object.defineProperty(query, name, {
        configurable: true,
        enumerable: true,
        get: () => settling,
        set: (next: Settle) => {
          settle = next
        },
      })
  }
}
