/** Makes text of programs harmless for a terminal, and fits it to columns: no escapes, no control characters, wide characters counted as two. */
import { stripVTControlCharacters } from 'node:util'

/** One line: names, statements and messages come from anywhere, and a terminal obeys what it is sent. */
export function clean(text: string, mostCharacters = 2000): string {
  return stripVTControlCharacters(text.slice(0, mostCharacters * 2))
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, mostCharacters)
}

/** The same for a text of several lines, such as a stack. */
export function cleanLines(text: string, mostLines = 200): string[] {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/, mostLines)
    .map((line) => /^\s*/.exec(line.replaceAll('\t', '  '))![0].replace(/[^ ]/g, ' ') + clean(line))
}

/** Columns that a clean text takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** At most so many columns, the last of them `…` when something is left out. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let width = 0
  let kept = ''
  for (const character of text) {
    width += characterWidth(character)
    if (width > columns - 1) break
    kept += character
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(columns - widthOf(text), 0))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(columns - widthOf(text), 0)) + text
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u

function characterWidth(character: string): number {
  if (character >= ' ' && character <= '~') return 1
  if (/\p{M}/u.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
