/** `fetch` of Bun and Deno, which is not undici's: each call is told of on undici's channels, so that what listens there traces it. */
import diagnosticsChannel from 'node:diagnostics_channel'

type Fetch = typeof globalThis.fetch
interface Told {
  readonly origin: string
  readonly path: string
  readonly method: string
  /** Names and values in turn. */
  readonly headers: string[]
}

const NAMES = ['create', 'headers', 'trailers', 'error'] as const
type Channels = Readonly<Record<(typeof NAMES)[number], diagnosticsChannel.Channel>>

let isWrapped = false

/** Does nothing on Node. Once wrapped it stays so: where nobody listens on the channels, a call goes straight on. */
export function tellOfOtherFetch(): void {
  const { bun, deno } = process.versions as Record<string, string | undefined>
  if (isWrapped || (bun === undefined && deno === undefined) || typeof globalThis.fetch !== 'function') return
  isWrapped = true
  const original = globalThis.fetch
  // Bun forgets a channel, and who listens there, once nothing holds it
  const channels = Object.fromEntries(
    NAMES.map((name) => [name, diagnosticsChannel.channel(`undici:request:${name}`)]),
  ) as Channels
  const fetch = function (this: unknown, ...args: Parameters<Fetch>): ReturnType<Fetch> {
    const call = channels.create.hasSubscribers ? tryTell(channels, args) : undefined
    if (call === undefined) return Reflect.apply(original, this, args)
    const [init, told] = call
    return original(args[0], init).then(
      (response) => {
        channels.headers.publish({ request: told, response: { statusCode: response.status } })
        channels.trailers.publish({ request: told })
        return response
      },
      (error: unknown) => {
        channels.error.publish({ request: told, error })
        throw error
      },
    )
  }
  // Bun has more functions on it
  globalThis.fetch = Object.defineProperties(fetch, Object.getOwnPropertyDescriptors(original)) as unknown as Fetch
}

/** The options with the headers that were added, in objects of our own; what cannot be read is for `fetch` to refuse. */
function tryTell(channels: Channels, [input, init]: Parameters<Fetch>): [RequestInit, Told] | undefined {
  try {
    if (!isPlain(init)) return undefined
    const given = input instanceof Request ? input : undefined
    const { origin, pathname, search } = new URL(given?.url ?? String(input))
    if (!/^https?:/.test(origin)) return undefined
    const headers = new Headers(init?.headers ?? given?.headers)
    const method = (init?.method ?? given?.method ?? 'GET').toUpperCase()
    const told: Told = { origin, path: pathname + search, method, headers: [...headers].flat() }
    channels.create.publish({ request: told })
    for (let at = 0; at + 1 < told.headers.length; at += 2) headers.set(told.headers[at]!, told.headers[at + 1]!)
    return [{ ...init, headers }, told]
  } catch {
    return undefined
  }
}

/** Of another object a copy would lose what it inherits, such as getters of a class. */
function isPlain(init: unknown): boolean {
  if (init === undefined || init === null) return true
  const prototype: unknown = Object.getPrototypeOf(init)
  return typeof init === 'object' && (prototype === null || prototype === Object.prototype)
}
