/** Queries that an application hands over as objects, such as cursors and streams: the client tells them what happens, and so it is seen. */
import { applyIn } from '../call-in.ts'
import { endQuery, type QueryCall } from './query-call.ts'

type Handle = (this: object, ...args: unknown[]) => unknown
type Prototype = Record<string, unknown>

const calls = new WeakMap<object, QueryCall>()
const wrapped = new WeakSet<object>()
/** What a client calls. */
const EVENTS = /^handle[A-Z]/
const END = 'handleReadyForQuery'
const ERROR = 'handleError'

export function isSubmittable(config: object): boolean {
  return typeof (config as { submit?: unknown }).submit === 'function'
}

/** From here on what its class does with an answer happens in the context of who asked. */
export function followSubmittable(query: object, call: QueryCall): void {
  const { [END]: onEnd, [ERROR]: onError } = query as Prototype
  if (typeof onEnd !== 'function' || typeof onError !== 'function') {
    endQuery(call, undefined)
    return
  }
  // those of pg-query-stream are its own, and not of its class
  wrapHandlers(query as Prototype)
  calls.set(query, call)
}

function wrapHandlers(owner: Prototype | null): void {
  if (owner === null || owner === (Object.prototype as object) || wrapped.has(owner)) return
  wrapped.add(owner)
  for (const name of Object.getOwnPropertyNames(owner)) {
    const handle = EVENTS.test(name) ? Object.getOwnPropertyDescriptor(owner, name)?.value : undefined
    if (typeof handle !== 'function') continue
    try {
      Object.defineProperty(owner, name, { value: wrapHandle(handle as Handle, name) })
    } catch {
      // what is frozen: its spans end with the connection at the latest
    }
  }
  wrapHandlers(Object.getPrototypeOf(owner) as Prototype | null)
}

function wrapHandle(handle: Handle, name: string): Handle {
  return function (...args) {
    const call = calls.get(this)
    if (call === undefined) return Reflect.apply(handle, this, args)
    if (name === ERROR) endQuery(call, args[0])
    else if (name === END) endQuery(call, undefined)
    return applyIn(call.context, handle, this, args)
  }
}
