/** Bounds what a request unfolds to: a few kilobytes of gzip may hold millions of empty messages, each an object when it is decoded. */
import { WireError } from './wire-error.ts'

/** Spans, log records or metrics in one request. */
export const MAX_ITEMS = 250_000
/** Messages of protobuf, or objects and arrays of JSON, in one request. */
export const MAX_MESSAGES = 2_000_000
/** Smaller texts cannot hold that many. */
const FEW_BYTES = 2 * MAX_MESSAGES

/** @throws {WireError} when there are too many */
export function checkItems(count: number): void {
  if (count > MAX_ITEMS) throw new WireError(`a request holds at most ${MAX_ITEMS} items`)
}

/**
 * Counts what JSON opens, before it is parsed; braces in texts count too, which is nothing to a request of sane size.
 * @throws {WireError} when it opens too much
 */
export function checkJsonText(text: string): void {
  if (text.length < FEW_BYTES) return
  let count = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++count > MAX_MESSAGES) throw new WireError(`a request holds at most ${MAX_MESSAGES} objects`)
  }
}
