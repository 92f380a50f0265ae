/** Replaces the values of a JSON query (MongoDB, Elasticsearch, DynamoDB) by `?`; keys stay. Goes through the text once. */
import { endOfQuoted } from './value-end.ts'

const END_OF_ATOM = /[\s,:{}[\]"]|$/g

export const isJson = (text: string): boolean => /^\s{0,100}[{[]/.test(text)

/** What is cut off or no JSON is masked as far as it looks like a value. */
export function maskJsonValues(text: string): string {
  let out = ''
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code === 34) {
      const end = Math.min(endOfQuoted(text, at + 1, '"') + 1, text.length)
      out += isKey(text, end) ? text.slice(at, end) : '"?"'
      at = end
    } else if (code <= 32 || code === 44 || code === 58 || code === 123 || code === 125 || code === 91 || code === 93) {
      out += text[at++]
    } else {
      END_OF_ATOM.lastIndex = at
      const end = END_OF_ATOM.exec(text)!.index
      const atom = text.slice(at, end)
      out += isKey(text, end) || /^(?:true|false|null|\?)$/.test(atom) ? atom : '?'
      at = end
    }
  }
  return out
}

function isKey(text: string, end: number): boolean {
  let at = end
  while (at < text.length && at - end < 16 && text.charCodeAt(at) <= 32) at++
  return text.charCodeAt(at) === 58
}
