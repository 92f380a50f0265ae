/** A place in the list of tokens, which moves forward while they are read. */
import { type Token, tokenize } from './tokens.ts'

export interface Cursor {
  /** The token at hand, or one further on. */
  peek(ahead?: number): Token | undefined
  skip(count?: number): void
  /** Where the text ends: the place of what is missing there. */
  readonly end: number
}

export function createCursor(text: string): Cursor {
  const tokens = tokenize(text)
  let at = 0
  return {
    peek: (ahead = 0) => tokens[at + ahead],
    skip(count = 1) {
      at += count
    },
    end: text.length,
  }
}

export function isWord(token: Token | undefined, ...words: string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toLowerCase())
}
