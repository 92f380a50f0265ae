/** Turns requests into OTLP/JSON as they are sent: they wait as protobuf whatever the protocol is, so that they can be split and spooled alike. */

import type { Signal } from '../../config/destination.ts'
import { setImmediate } from '../../timers.ts'
import { requestToJson } from '../../wire/encode-json.ts'
import { splitRequest } from '../../wire/encode-split.ts'
import { compress, decompress } from '../queue/compress.ts'
import type { Sender } from './sender.ts'

/** About a millisecond of work: between two pieces the event loop turns. */
const PIECE_BYTES = 48 * 1024

export function sendAsJson(sender: Sender, signal: Signal): Sender {
  return {
    async send({ body, encoding }, timeoutMillis) {
      const json = await toJson(await decompress(body, encoding), signal)
      return sender.send({ body: await compress(Buffer.from(json), encoding), encoding }, timeoutMillis)
    },
    close: () => sender.close(),
  }
}

async function toJson(request: Buffer, signal: Signal): Promise<string> {
  const lists: string[] = []
  let frame = ''
  for (const piece of pieces(request, signal)) {
    frame = requestToJson(signal, piece)
    lists.push(frame.slice(frame.indexOf('[') + 1, frame.lastIndexOf(']')))
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (lists.length <= 1) return frame
  return `${frame.slice(0, frame.indexOf('[') + 1)}${lists.join(',')}]}`
}

function* pieces(request: Buffer, signal: Signal): Generator<Buffer> {
  const halves = request.length > PIECE_BYTES ? splitRequest(request, signal) : undefined
  if (!halves) yield request
  else for (const { bytes } of halves) yield* pieces(bytes, signal)
}
