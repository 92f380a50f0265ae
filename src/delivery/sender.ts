/** Chooses how a destination is reached. */
import type { Compression, Destination } from '../config/destination.ts'
import type { Outcome } from './outcome.ts'
import { createHttpSender } from './send-http.ts'

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
  return createHttpSender(destination)
}
