/** What is kept with the response of a traced request; other instrumentations may wait there for its end, which costs no listener. */
import type { ServerResponse } from 'node:http'
import type { Span } from '@opentelemetry/api'
import type { RPCMetadata } from '@opentelemetry/core'
import type { Scheme } from './request-attributes.ts'

export interface Exchange {
  readonly span: Span
  /** Frameworks put the route here. */
  readonly rpc: RPCMetadata
  readonly method: string | undefined
  readonly scheme: Scheme
  readonly version: string
  readonly startMillis: number
  /** Listeners of Node itself for `finish`, which need no context. */
  readonly ownListeners: number
  isDone: boolean
  closers: Array<() => void> | undefined
}

export const EXCHANGE = Symbol('uptrace-node.exchange')

/** Calls `run` when the response has closed, after the span of the request has ended. */
export function onClose(response: ServerResponse & { [EXCHANGE]?: Exchange }, run: () => void): void {
  const exchange = response[EXCHANGE]
  if (!exchange || response.closed) {
    response.on('close', run)
    return
  }
  if (exchange.closers === undefined) exchange.closers = [run]
  else exchange.closers.push(run)
}
