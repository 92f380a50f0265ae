/** Routes of handlers that may pass a request on: each is said as its handler is entered, and taken back where that does. */
import { context } from '@opentelemetry/api'
import { getRPCMetadata } from '@opentelemetry/core'
import { following } from '../wrap-method.ts'
import type { Any } from './say-route.ts'

interface Response {
  readonly headersSent?: boolean
}

/** @returns takes back what has been said, unless another handler has said something since */
export function sayEntered(say: () => void): () => void {
  const metadata = getRPCMetadata(context.active())
  const before = metadata?.route
  say()
  const said = metadata?.route
  return () => {
    if (metadata !== undefined && metadata.route === said) metadata.route = before!
  }
}

/** A handler that passes the request on by its third argument; an error and a result are no such call. */
export function watchNext(args: unknown[], passOn: () => void): unknown[] {
  const [request, response, next, ...rest] = args
  if (typeof next !== 'function') return args
  const pass = new Proxy(next as Any, {
    apply(target, self, given) {
      const isPassed = given.every((one) => one === undefined || one === null)
      if (isPassed && (response as Response | undefined)?.headersSent !== true) passOn()
      return Reflect.apply(target, self, given)
    },
  })
  return [request, response, pass, ...rest]
}

/** A handler that passes the request on by giving nothing. */
export function watchNothing<Result>(result: Result, passOn: () => void, isNothing = isNullish): Result {
  return following(result, (error, value) => {
    if (error === undefined && isNothing(value)) passOn()
  })
}

const isNullish = (value: unknown): boolean => value === undefined || value === null
