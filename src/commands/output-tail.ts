/** Passes the output of a program on and keeps its end, without secrets, for an attribute. */
import type { Readable, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { maskText } from '../signals/resource/command-line.ts'

/** What is shown of each stream, in characters. */
const SHOWN = 4_096
/** A secret that began before the shown part must be seen whole to be masked. */
const KEPT_BYTES = 4 * SHOWN

export interface OutputTail {
  /** The last lines, at most some thousand characters; `undefined` where nothing was written. */
  text(): string | undefined
  /** Settles when the stream has ended and all of it was passed on. */
  readonly ended: Promise<void>
}

/** Bytes are passed on as they are, no faster than `to` takes them; once `to` is closed, the program learns it at its next write. */
export function followOutput(from: Readable, to: Writable): OutputTail {
  let chunks: Buffer[] = []
  let size = 0
  from.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (size > 4 * KEPT_BYTES) {
      chunks = [Buffer.concat(chunks).subarray(-KEPT_BYTES)]
      size = KEPT_BYTES
    }
  })
  from.pipe(to, { end: false })
  to.on('error', () => from.destroy())
  const ended = new Promise<void>((resolve) => from.once('close', () => resolve()))
  return { ended, text: () => tailOf(Buffer.concat(chunks)) }
}

function tailOf(bytes: Buffer): string | undefined {
  const text = maskText(stripVTControlCharacters(bytes.toString('utf8').toWellFormed())).trimEnd()
  if (text === '') return undefined
  if (text.length <= SHOWN) return text
  const tail = text.slice(-SHOWN)
  const lineEnd = tail.indexOf('\n')
  return lineEnd >= 0 && lineEnd < SHOWN / 2 ? tail.slice(lineEnd + 1) : tail.toWellFormed()
}
