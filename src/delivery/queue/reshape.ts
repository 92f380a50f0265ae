/** Makes other requests of one that a back end does not take as it is: in two halves, or in another encoding. */
import type { Compression, Signal } from '../../config/destination.ts'
import { type Part, splitRequest } from '../../wire/encode-split.ts'
import type { QueuedRequest } from './batch.ts'
import { compress, decompress } from './compress.ts'

/** From the best to the one that everybody reads. */
const ENCODINGS: readonly Compression[] = ['zstd', 'gzip', 'none']

/** Two halves in the same encoding, or undefined when there is nothing to split. */
export async function splitInTwo(request: QueuedRequest, signal: Signal): Promise<Part[] | undefined> {
  const halves = splitRequest(await decompress(request.body.bytes, request.encoding), signal)
  if (!halves) return undefined
  return Promise.all(
    halves.map(async ({ bytes, count }) => ({ bytes: await compress(bytes, request.encoding), count })),
  )
}

export async function recode({ body, encoding }: QueuedRequest, wanted: Compression): Promise<Buffer> {
  return compress(await decompress(body.bytes, encoding), wanted)
}

/** Whether a destination that is believed to read `best` reads `encoding` too. */
export function isReadable(encoding: Compression, best: Compression): boolean {
  return ENCODINGS.indexOf(encoding) >= ENCODINGS.indexOf(best)
}

/** The next best encoding, or undefined after the last. */
export function simpler(encoding: Compression): Compression | undefined {
  return ENCODINGS[ENCODINGS.indexOf(encoding) + 1]
}
