/** Adds headers to a client request, also where Node has put its head together already: with headers in a list, or with `Expect`. */
import type { ClientRequest, OutgoingMessage } from 'node:http'

/** A bet on Node's inside: where it does not hold, such requests carry no trace context. */
interface Inside {
  _header?: unknown
  readonly outputData?: ReadonlyArray<{ data?: unknown }>
}

export function putHeaders(request: ClientRequest, headers: Readonly<Record<string, string>>): void {
  const { _header: head } = request as Inside
  if (typeof head === 'string') putIntoHead(request as Inside, head, headers)
  else for (const name in headers) request.setHeader(name, headers[name]!)
}

/** Undefined where there is no such header, or several. */
export function headerOf(message: OutgoingMessage, name: string): string | undefined {
  const { _header: head } = message as Inside
  const value = typeof head === 'string' ? valueIn(head, name) : message.getHeader(name)
  return typeof value === 'string' ? value : undefined
}

function putIntoHead(inside: Inside, head: string, headers: Readonly<Record<string, string>>): void {
  const names = Object.keys(headers)
  if (names.length === 0) return
  const [first, ...lines] = head.split('\r\n')
  const prefixes = names.map((name) => `${name.toLowerCase()}:`)
  const kept = lines.filter((line) => !prefixes.some((prefix) => line.toLowerCase().startsWith(prefix)))
  const text = [first, ...names.map((name) => `${name}: ${headers[name]}`), ...kept].join('\r\n')
  inside._header = text
  // with `Expect` the head waits for the connection already
  const waiting = inside.outputData?.[0]
  if (typeof waiting?.data === 'string' && waiting.data.startsWith(head))
    waiting.data = text + waiting.data.slice(head.length)
}

function valueIn(head: string, name: string): string | undefined {
  const prefix = `${name}:`
  const line = head.split('\r\n').find((candidate) => candidate.toLowerCase().startsWith(prefix))
  return line?.slice(prefix.length).trim()
}
