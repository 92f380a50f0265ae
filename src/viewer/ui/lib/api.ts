/** Asks the back end: typed requests, and a hook that asks again when data has changed. */
import { useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { type ApiError, ROUTES, type RouteName } from '../../api.ts'
import { revision } from './live.ts'
import type { Params } from './location.tsx'

export { ROUTES }

export class RequestError extends Error {
  readonly status: number
  readonly code: string
  readonly position: number | undefined
  readonly details: unknown
  constructor(status: number, { error }: ApiError) {
    super(error.message)
    this.status = status
    this.code = error.code
    this.position = error.position
    this.details = error.details
  }
}

/** Address of a route: `:x` parts are taken out of `query`, the rest becomes the search part. */
export function urlOf(route: RouteName, query: Params = {}): string {
  const rest = new URLSearchParams()
  const used = new Set<string>()
  const pathname = ROUTES[route].replace(/:(\w+)/g, (_, name: string) => {
    used.add(name)
    return encodeURIComponent(String(query[name] ?? ''))
  })
  for (const [name, value] of Object.entries(query)) {
    if (used.has(name) || value === null || value === undefined || value === '') continue
    if (Array.isArray(value)) for (const item of value) rest.append(name, item)
    else rest.set(name, String(value))
  }
  const search = rest.toString()
  return search === '' ? pathname : `${pathname}?${search}`
}

export async function request<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await fetch(url, init)
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T
  if (response.status === 401) reloadOnce()
  const body = (await response.json().catch(() => undefined)) as ApiError | undefined
  throw new RequestError(response.status, body ?? { error: { code: 'http', message: `HTTP ${response.status}` } })
}

export const get = <T>(route: RouteName, query?: Params, signal?: AbortSignal): Promise<T> =>
  request<T>(urlOf(route, query), signal ? { signal } : undefined)

export interface QueryState<T> {
  /** The newest answer; stays while the next one is on its way. */
  readonly data: T | undefined
  readonly error: RequestError | undefined
  readonly loading: boolean
}

/**
 * Asks `url()` (null: nothing to ask) whenever it changes and, unless `live` is false, whenever the store has changed.
 * Signals that `url` reads are tracked.
 */
export function useQuery<T>(url: () => string | null, options: { readonly live?: boolean } = {}): QueryState<T> {
  const state = useSignal<QueryState<T>>({ data: undefined, error: undefined, loading: true })
  const current = useRef<Asked>({ url: null, abort: undefined, isStale: false })
  const read = useRef(url)
  read.current = url
  useSignalEffect(() => {
    if (options.live !== false) revision.value
    const next = read.current()
    const last = current.current
    if (next !== null && next === last.url && last.abort) {
      // a slow answer is awaited: asking anew at every change would never let one arrive
      last.isStale = true
      return
    }
    last.abort?.abort()
    current.current = { url: next, abort: undefined, isStale: false }
    if (next === null) state.value = { data: undefined, error: undefined, loading: false }
    else ask(next, last.url !== next)
  })
  return state.value

  function ask(next: string, isNew: boolean): void {
    const abort = new AbortController()
    const own: Asked = { url: next, abort, isStale: false }
    current.current = own
    if (isNew) state.value = { ...state.peek(), loading: true }
    const settle = (answer: QueryState<T>): void => {
      if (abort.signal.aborted) return
      own.abort = undefined
      state.value = answer
      if (own.isStale) ask(next, false)
    }
    request<T>(next, { signal: abort.signal }).then(
      (data) => settle({ data, error: undefined, loading: false }),
      (error: unknown) => settle({ data: undefined, error: asRequestError(error), loading: false }),
    )
  }
}

interface Asked {
  readonly url: string | null
  /** Set while the answer is on its way. */
  abort: AbortController | undefined
  /** Data has changed since it was asked. */
  isStale: boolean
}

export function asRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error
  const message = 'The viewer does not answer. Was it stopped?'
  return new RequestError(0, { error: { code: 'unreachable', message } })
}

/** The back end was restarted: loading the page renews the cookie. */
function reloadOnce(): void {
  const last = Number(sessionStorage.getItem('reloaded') ?? 0)
  if (Date.now() - last < 10_000) return
  sessionStorage.setItem('reloaded', String(Date.now()))
  location.reload()
}
