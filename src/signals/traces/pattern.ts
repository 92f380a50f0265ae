/** Patterns with `*` and regular expressions, as functions that take linear time and keep no state between calls. */
type Matches = (text: string) => boolean

/** `*` stands for any characters, none too. */
export function compilePattern(pattern: string | RegExp): Matches {
  return typeof pattern === 'string' ? compilePieces(pattern, escapeText) : compileExpression(pattern)
}

/** As above, and `:name` or `{name}` stands for one segment of a path. */
export function compileRoute(route: string | RegExp): Matches {
  return typeof route === 'string' ? compilePieces(route, escapeRoute) : compileExpression(route)
}

/** A copy without `g` and `y`: with them an expression remembers where it stopped, also for the one who gave it. */
function compileExpression(expression: RegExp): Matches {
  const copy = new RegExp(expression.source, expression.flags.replace(/[gy]/g, ''))
  return (text) => copy.test(text)
}

/** Piece by piece between the stars, each at its first place: one expression with many stars would take time to the power of their number. */
function compilePieces(pattern: string, toSource: (piece: string) => string): Matches {
  const sources = pattern.split('*').map(toSource)
  if (sources.length === 1) return compileExpression(new RegExp(`^${sources[0]}$`, 's'))
  const first = new RegExp(sources[0]!, 'sy')
  const middle = sources.slice(1, -1).map((source) => new RegExp(source, 'gs'))
  const last = new RegExp(`${sources.at(-1)}$`, 'gs')
  return (text) => {
    let position = 0
    for (const piece of [first, ...middle, last]) {
      piece.lastIndex = position
      if (!piece.test(text)) return false
      position = piece.lastIndex
    }
    return true
  }
}

function escapeText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

function escapeRoute(text: string): string {
  return text
    .split(/((?<=\/):\w+|(?<=\/)\{[^/{}]*\})/)
    .map((part, index) => (index % 2 === 1 ? '[^/]+' : escapeText(part)))
    .join('')
}
