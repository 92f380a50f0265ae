/** Takes the literals out of statements, paths and messages, so that repeats of one thing are seen as one. Memoised: programs repeat themselves. */

const MAX_REMEMBERED = 5000
const MAX_LENGTH = 2000

/** SQL or a cache command without its literals; comments and lists shrink too. */
export const normalizeStatement: (statement: string, isCommand?: boolean) => string = (() => {
  const sql = remember((statement) =>
    statement
      .slice(0, MAX_LENGTH)
      .replace(/\/\*[\s\S]*?\*\/|--[^\n]*/g, ' ')
      .replace(/'(?:[^']|'')*'/g, '?')
      .replace(/\$\d+|(?<!:):[a-z_]\w*\b(?!:)|(?<![\w"`.])-?\d+(?:\.\d+)?\b/gi, '?')
      .replace(/\(\s*\?(?:\s*,\s*\?)*\s*\)(?:\s*,\s*\(\s*\?(?:\s*,\s*\?)*\s*\))*/g, '(?)')
      .replace(/\s+/g, ' ')
      .trim(),
  )
  const command = remember((statement) => statement.slice(0, MAX_LENGTH).trim().split(/\s+/, 2).map(maskKey).join(' '))
  return (statement, isCommand = false) => (isCommand ? command(statement) : sql(statement))
})()

/** A path with numbers and ids as `:id`. */
export const normalizePath = remember((path) =>
  path
    .slice(0, MAX_LENGTH)
    .replace(/\/(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|[\w-]*\d[\w-]{15,})(?=\/|$)/gi, '/:id'),
)

/** A message or log line with numbers, ids and quoted parts as `<*>`. */
export const normalizeMessage = remember((message) =>
  message
    .slice(0, 500)
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<*>')
    .replace(/"[^"\n]{0,200}"|'[^'\n]{0,200}'|`[^`\n]{0,200}`/g, '<*>')
    .replace(/\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{6,}\b/gi, '<*>')
    .replace(/\b\d+(?:[.:,]\d+)*(?:ms|µs|ns|s|m|h|%|kb|mb|gb|b)?\b/gi, '<*>')
    .replace(/\s+/g, ' ')
    .trim(),
)

/** A span name with digits and ids as `*`, to find names that carry data. */
export const normalizeName = remember((name) =>
  name
    .slice(0, 500)
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}/gi, '*')
    .replace(/\d+/g, '*'),
)

function maskKey(word: string, index: number): string {
  return index === 0 ? word.toUpperCase() : word.replace(/\d+|[0-9a-f]{8,}/gi, '?')
}

function remember(normalize: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const hit = known.get(text)
    if (hit !== undefined) return hit
    if (known.size >= MAX_REMEMBERED) known.clear()
    const normal = normalize(text)
    if (text.length <= MAX_LENGTH) known.set(text, normal)
    return normal
  }
}
