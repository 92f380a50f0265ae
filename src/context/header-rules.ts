/** Which headers a propagator may write: those that HTTP, and the clients of Node.js, take. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** What Node.js takes: visible characters, spaces, tabs and bytes above 127. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** They steer the connection itself: http and fetch throw, or send nonsense, when somebody else sets them. */
const FRAMING = /^(?:connection|content-length|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/i
const MAX_REMEMBERED = 64

/** Names that were found to be legal: most are written with every request. */
const legalNames = new Set<unknown>()

/** What is wrong with a header; `undefined` for nothing. */
export function findFault(name: unknown, value: unknown): string | undefined {
  if (!legalNames.has(name)) {
    if (typeof name !== 'string' || !NAME.test(name)) return 'that is no name of a header'
    if (FRAMING.test(name)) return 'that header belongs to the connection'
    if (legalNames.size < MAX_REMEMBERED) legalNames.add(name)
  }
  if (typeof value !== 'string') return `its value is of type ${value === null ? 'null' : typeof value}`
  return VALUE.test(value) ? undefined : 'its value has characters that no header may have'
}
