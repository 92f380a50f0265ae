/** Chooses how a destination is reached. */
import type { Compression, Destination } from '../../config/destination.ts'
import { isAvailable } from '../queue/compress.ts'
import { createGrpcSender } from './grpc.ts'
import { createHttpSender } from './http.ts'
import { sendAsJson, sendAsZipkin } from './rewrite.ts'
import type { Sender } from './sender.ts'

export function createSender(destination: Destination): Sender {
  if (destination.protocol === 'grpc') return createGrpcSender(destination)
  const sender = createHttpSender(destination)
  if (destination.protocol === 'zipkin/json') return sendAsZipkin(sender)
  return destination.protocol === 'http/json' ? sendAsJson(sender, destination.signal) : sender
}

/** What requests to a destination are compressed with: gRPC has no zstd of its own, nor has an older Node. */
export function availableEncoding({ compression, protocol }: Destination): Compression {
  return compression === 'zstd' && (protocol === 'grpc' || !isAvailable('zstd')) ? 'gzip' : compression
}
