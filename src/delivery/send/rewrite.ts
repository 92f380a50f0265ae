/**
 * Turns requests into JSON as they are sent, OTLP's or Zipkin's: they wait as protobuf whatever the protocol is, so that they can be split and
 * spooled alike.
 */
import type { Signal } from '../../config/destination.ts'
import { loadLazily } from '../../lazy.ts'
import { setImmediate } from '../../timers.ts'
import { requestToJson } from '../../wire/encode-json.ts'
import { splitRequest } from '../../wire/encode-split.ts'
import { compress, decompress } from '../queue/compress.ts'
import type { Sender } from './sender.ts'

/** About a millisecond of work: between two pieces the event loop turns. */
const PIECE_BYTES = 48 * 1024

export function sendAsJson(sender: Sender, signal: Signal): Sender {
  return sendRewritten(sender, signal, (request) => requestToJson(signal, request))
}

export function sendAsZipkin(sender: Sender): Sender {
  return sendRewritten(sender, 'traces', (request) =>
    loadLazily<typeof import('../../wire/encode-zipkin.ts')>('zipkin').requestToZipkin(request),
  )
}

/** @param toJson makes a text of which the first list is what pieces of a request are joined by */
function sendRewritten(sender: Sender, signal: Signal, toJson: (request: Buffer) => string): Sender {
  return {
    async send({ body, encoding }, timeoutMillis) {
      const json = await inPieces(await decompress(body, encoding), signal, toJson)
      return sender.send({ body: await compress(Buffer.from(json), encoding), encoding }, timeoutMillis)
    },
    close: () => sender.close(),
  }
}

async function inPieces(request: Buffer, signal: Signal, toJson: (request: Buffer) => string): Promise<string> {
  const lists: string[] = []
  let frame = ''
  for (const piece of pieces(request, signal)) {
    frame = toJson(piece)
    lists.push(frame.slice(frame.indexOf('[') + 1, frame.lastIndexOf(']')))
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (lists.length <= 1) return frame
  return `${frame.slice(0, frame.indexOf('[') + 1)}${lists.join(',')}${frame.slice(frame.lastIndexOf(']'))}`
}

function* pieces(request: Buffer, signal: Signal): Generator<Buffer> {
  const halves = request.length > PIECE_BYTES ? splitRequest(request, signal) : undefined
  if (!halves) yield request
  else for (const { bytes } of halves) yield* pieces(bytes, signal)
}
