/** Splits names into words, so that `apiKey`, `api_key`, `X-API-Key` and `api.key` are one name. */

/** A longer name is judged by its end. */
const MAX_LENGTH = 128
const MAX_WORDS = 6

/** The last words of a name, in lower case and without digits behind them. Takes time in proportion to the length of the name. */
export function wordsOf(name: string): string[] {
  const words: string[] = []
  let end = name.length
  const first = Math.max(0, end - MAX_LENGTH)
  while (end > first && words.length < MAX_WORDS) {
    while (end > first && !isLetterOrDigit(name.charCodeAt(end - 1))) end--
    let wordEnd = end
    while (wordEnd > first && isDigit(name.charCodeAt(wordEnd - 1))) wordEnd--
    let start = wordEnd
    while (start > first && !startsWord(name, start, wordEnd)) start--
    if (start < wordEnd) words.unshift(name.slice(start, wordEnd).toLowerCase())
    end = start
  }
  return words
}

/** Whether what ends at `end` begins at `start`: after a separator, between `a` and `B`, and before the last letter of `AB` in `ABc`. */
function startsWord(name: string, start: number, end: number): boolean {
  const before = name.charCodeAt(start - 1)
  if (!isLetterOrDigit(before)) return true
  if (start === end) return false
  if (!isUpper(name.charCodeAt(start))) return false
  return !isUpper(before) || (start + 1 < end && isLower(name.charCodeAt(start + 1)))
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isUpper = (code: number): boolean => code >= 65 && code <= 90
const isLower = (code: number): boolean => code >= 97 && code <= 122
const isLetterOrDigit = (code: number): boolean => isDigit(code) || isUpper(code) || isLower(code) || code > 127
