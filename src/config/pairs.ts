/** Parses lists of `key=value` with percent-encoded values, as headers and resource attributes come from the environment. */

/** Longer values are discarded by other SDKs, with all the rest. */
const USUAL_LENGTH = 255

/** The good pairs. `report` gets what is wrong with others, never a value. */
export function parsePairs(text: string, report: (problem: string) => void): Record<string, string> {
  const pairs = new Map<string, string>()
  for (const item of text.split(',')) {
    if (item.trim() === '') continue
    const at = item.indexOf('=')
    const key = at < 0 ? undefined : decode(item.slice(0, at).trim())
    const value = at < 0 ? undefined : decode(withoutQuotes(item.slice(at + 1).trim()))
    if (at < 0) report('holds a pair that is not key=value; the pair is ignored')
    else if (!key) report('holds a pair without a usable key; the pair is ignored')
    else if (value === undefined)
      report(`holds a value for ${nameOf(key)} that is not valid percent-encoding; the pair is ignored`)
    else pairs.set(key, value)
  }
  return Object.fromEntries(pairs)
}

/** Resource attributes: as other pairs, and a value that other SDKs would not take is named. */
export function parseAttributes(text: string, report: (problem: string) => void): Record<string, string> {
  const attributes = parsePairs(text, report)
  for (const [key, value] of Object.entries(attributes))
    if (value.length > USUAL_LENGTH)
      report(
        `has a value of ${value.length} characters for ${key}; it is kept, but other SDKs take at most ${USUAL_LENGTH}`,
      )
  return attributes
}

/** What stands before the `=` is shown where it can be a key only: pairs may hold secrets, in the wrong place as well. */
function nameOf(key: string): string {
  return /^[\w./-]{1,60}$/.test(key) ? key : 'a key'
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function withoutQuotes(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}
