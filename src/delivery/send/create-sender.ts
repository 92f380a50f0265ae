/** Chooses how a destination is reached. */
import type { Compression, Destination } from '../../config/destination.ts'
import { requestToJson } from '../../wire/encode-json.ts'
import { compressSync, decompressSync } from '../queue/compress.ts'
import { createGrpcSender } from './grpc.ts'
import { createHttpSender } from './http.ts'
import type { Outcome } from './outcome.ts'

/** An encoded and compressed export request. */
export interface Message {
  readonly body: Buffer
  readonly encoding: Compression
}

/** Sends to one destination. */
export interface Sender {
  /** One attempt. Never rejects. @param timeoutMillis its deadline; 0 means none */
  send(message: Message, timeoutMillis: number): Promise<Outcome>
  /** Ends attempts under way and closes connections. */
  close(): void
}

export function createSender(destination: Destination): Sender {
  if (destination.protocol === 'grpc') return createGrpcSender(destination)
  const sender = createHttpSender(destination)
  return destination.protocol === 'http/json' ? sendAsJson(sender, destination) : sender
}

/** Requests wait as protobuf whatever the protocol is, so that they can be split and spooled alike; JSON is made of them when they are sent. */
function sendAsJson(sender: Sender, { signal }: Destination): Sender {
  return {
    send({ body, encoding }, timeoutMillis) {
      const json = requestToJson(signal, decompressSync(body, encoding))
      return sender.send({ body: compressSync(Buffer.from(json), encoding), encoding }, timeoutMillis)
    },
    close: () => sender.close(),
  }
}
