/** Names that stand beside a value, not above it: lists of headers, entries, flags; and the database of a span. */
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

const SERVER = 1
const FLAT_HEADERS = /^raw_?(?:headers|trailers)$/i
/** Of Redis, as its clients put them into their errors. */
const PROOFS = /^(?:auth|hello|acl|migrate)$/i
const FLAG = /^--?[a-z][\w-]*$/i

/** By which name an element of a list is judged: that before it in `rawHeaders`, in `[['cookie', '…']]` and behind a flag. */
export function namesIn(
  values: readonly unknown[],
  key: string,
  isEntry: boolean,
): ((index: number) => string | undefined) | undefined {
  const isPaired = isEntry || FLAT_HEADERS.test(key)
  if (!isPaired && !values.some((value) => typeof value === 'string' && value.charCodeAt(0) === 45)) return undefined
  return (index) => {
    const before = index > 0 ? values[index - 1] : undefined
    if (typeof before !== 'string') return undefined
    return (isPaired && index % 2 === 1) || FLAG.test(before) ? before : undefined
  }
}

/** By which name a field is judged: `value` of `{ name: 'cookie', value: '…' }` by that beside it, and `args` of a command that proves who one is. */
export function nameOf(map: Readonly<Record<string, unknown>>, key: string): string {
  if (key !== 'value' && key !== 'args') return key
  const name = map['name'] ?? map['key']
  if (typeof name !== 'string') return key
  if (key === 'value') return name
  const { args } = map
  const first = Array.isArray(args) ? args[0] : undefined
  const isProof = PROOFS.test(name) || (/^config$/i.test(name) && typeof first === 'string' && /^set$/i.test(first))
  return isProof ? 'password' : key
}

/** The database system that a span names. An incoming request is none, and most spans are such. */
export function databaseOf(span: ReadableSpan, flat: readonly unknown[] | undefined): unknown {
  if (span.kind === SERVER) return undefined
  if (flat === undefined) return ofAttributes(span)
  for (let index = 0; index < flat.length; index += 2)
    if (flat[index] === 'db.system.name' || flat[index] === 'db.system') return flat[index + 1]
  return undefined
}

function ofAttributes(span: ReadableSpan): unknown {
  try {
    return span.attributes['db.system.name'] ?? span.attributes['db.system']
  } catch {
    return undefined
  }
}
