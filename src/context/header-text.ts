/** Reads header text out of a carrier, and rewrites what a header may not hold. */
import type { TextMapGetter } from '@opentelemetry/api'

/** What a carrier holds under a name, several values joined as HTTP joins them. Brokers hand over numbers and bytes too: those are not read. */
export function readHeader<Carrier>(
  carrier: Carrier,
  name: string,
  getter: TextMapGetter<Carrier>,
): string | undefined {
  const value: unknown = getter.get(carrier, name)
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  const texts = value.filter((item) => typeof item === 'string')
  return texts.length > 0 ? texts.join(',') : undefined
}

/** Without the spaces and tabs around it. A loop, because an expression is quadratic on long runs of spaces. */
export function trimSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** Percent-encodes what `illegal` matches; half a surrogate pair becomes U+FFFD. `illegal` needs the flags `g` and `u`. */
export function percentEncode(text: string, illegal: RegExp): string {
  return text.replace(illegal, (character) => {
    let encoded = ''
    for (const byte of Buffer.from(character)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    return encoded
  })
}

/** Decodes percent-encoded UTF-8; bytes that are none become U+FFFD, and a `%` without two digits stays. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
