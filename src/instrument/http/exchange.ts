/** What is kept with a traced request; other instrumentations may wait there for its end, which costs no listener. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, Span } from '@opentelemetry/api'
import type { RPCMetadata } from '@opentelemetry/core'
import type { Scheme } from './request-attributes.ts'

/** It is the RPC metadata in the context of the request itself: frameworks put the route here. */
export interface Exchange extends RPCMetadata {
  readonly span: Span
  /** What listeners of the request and of the response run in. */
  context: Context
  readonly method: string | undefined
  /** As it came; what routers have taken off since is still there. */
  readonly url: string | undefined
  readonly scheme: Scheme
  readonly version: string
  readonly startMillis: number
  /** Bytes of earlier responses on the same connection. */
  readonly sentBefore: number | undefined
  /** Listeners of Node itself for `finish`, which need no context. */
  readonly ownListeners: number
  isDone: boolean
  closers: Array<() => void> | undefined
  /** What a framework notes about where the request is. */
  place: unknown
  /** How much of the URL led to that place. */
  baseLength: number
  /** The framework's own object of the route that it said last. */
  said: unknown
  /** Asked at the end for the route that a framework left, if nobody has said one. */
  findRoute: ((request: unknown, exchange: Exchange) => string | undefined) | undefined
  /** Asked also if somebody has: what instrumentations of others say is mended, and a route that passed the request on may not be the last that matched. */
  isRouteMended: boolean
  /** That of a server which has handed the request on to another one. */
  readonly outer: Exchange | undefined
}

export const EXCHANGE = Symbol('uptrace-node.exchange')

export type TracedRequest = IncomingMessage & { [EXCHANGE]?: Exchange }

export function exchangeOf(response: ServerResponse): Exchange | undefined {
  return (response.req as TracedRequest | undefined)?.[EXCHANGE]
}

/** Calls `run` when the response has closed, after the span of the request has ended. */
export function onClose(response: ServerResponse, run: () => void): void {
  const exchange = exchangeOf(response)
  if (!exchange || response.closed) {
    response.on('close', run)
    return
  }
  if (exchange.closers === undefined) exchange.closers = [run]
  else exchange.closers.push(run)
}
