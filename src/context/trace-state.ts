/** What other tracing systems add to a trace: the W3C tracestate header, parsed strictly and kept without loss. */
import type { TraceState } from '@opentelemetry/api'
import { trimSpaces } from './header-text.ts'

const MAX_MEMBERS = 32
/** More than 32 legal members with room for spaces: longer text is not looked at. */
const MAX_LENGTH = 32_768
const KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/**
 * `undefined` for a header that is empty, or that breaks the grammar anywhere: then all of it is to be discarded. Of members with one key the
 * first stays.
 * @see https://www.w3.org/TR/trace-context-2/#tracestate-header
 */
export function parseTraceState(header: string): TraceState | undefined {
  if (header.length > MAX_LENGTH) return undefined
  const members = new Map<string, string>()
  let count = 0
  for (const part of header.split(',')) {
    const member = trimSpaces(part)
    if (member === '') continue
    const equals = member.indexOf('=')
    const key = member.slice(0, Math.max(equals, 0))
    const value = member.slice(equals + 1)
    if (++count > MAX_MEMBERS || !isMember(key, value)) return undefined
    if (!members.has(key)) members.set(key, value)
  }
  return members.size > 0 ? new Members(members) : undefined
}

/** The header for a state of any origin; empty where there is nothing, or nothing legal, to write. */
export function formatTraceState(state: TraceState | undefined): string {
  if (state === undefined || state instanceof Members) return state?.serialize() ?? ''
  const text: unknown = state.serialize?.()
  return typeof text === 'string' ? (parseTraceState(text)?.serialize() ?? '') : ''
}

/** Immutable, as the API asks; what is not legal is not set. */
class Members implements TraceState {
  readonly #members: ReadonlyMap<string, string>
  #text: string | undefined

  constructor(members: ReadonlyMap<string, string>) {
    this.#members = members
  }

  get(key: string): string | undefined {
    return this.#members.get(key)
  }

  /** The member comes first; where there are too many, the last is dropped. */
  set(key: string, value: string): TraceState {
    if (!isMember(key, value)) return this
    const others = [...this.#members].filter(([name]) => name !== key)
    return new Members(new Map([[key, value], ...others.slice(0, MAX_MEMBERS - 1)]))
  }

  unset(key: string): TraceState {
    return new Members(new Map([...this.#members].filter(([name]) => name !== key)))
  }

  serialize(): string {
    this.#text ??= Array.from(this.#members, ([key, value]) => `${key}=${value}`).join(',')
    return this.#text
  }
}

export const EMPTY_TRACE_STATE: TraceState = new Members(new Map())

function isMember(key: unknown, value: unknown): boolean {
  return typeof key === 'string' && typeof value === 'string' && KEY.test(key) && VALUE.test(value)
}
