/** What brings a request to a destination, whatever the protocol is. */
import type { Compression } from '../../config/destination.ts'
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
