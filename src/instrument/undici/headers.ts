/** Headers of a request of undici: a list of names and values in turn; text in versions before 6. */

export interface HeaderOwner {
  headers?: unknown
  addHeader?(name: string, value: string): unknown
}

/** Joined where a request has several of them: those may all stand side by side. */
const MAY_REPEAT: ReadonlySet<string> = new Set(['baggage'])

/** The last one of that name. */
export function userAgentOf({ headers }: HeaderOwner): string | undefined {
  if (Array.isArray(headers)) {
    for (let index = headers.length - 2; index >= 0; index -= 2) {
      if (!isNamed(headers[index], 'user-agent')) continue
      const value: unknown = headers[index + 1]
      return textOf(Array.isArray(value) ? value.at(-1) : value)
    }
    return undefined
  }
  if (typeof headers !== 'string') return undefined
  return headers
    .match(/^user-agent:[ \t]*(.*?)[ \t]*$/gim)
    ?.at(-1)
    ?.replace(/^[^:]*:[ \t]*/, '')
    .trim()
}

/** In the place of one that the application has set: two of a kind are none. */
export function putHeader(request: HeaderOwner, given: string, value: string): void {
  const name = given.toLowerCase()
  const { headers } = request
  if (!MAY_REPEAT.has(name) && Array.isArray(headers) && replaceIn(headers, name, value)) return
  if (!MAY_REPEAT.has(name) && typeof headers === 'string') request.headers = withoutLine(headers, name)
  if (typeof request.addHeader === 'function') request.addHeader(given, value)
  else if (Array.isArray(headers)) headers.push(given, value)
  else if (typeof request.headers === 'string') request.headers += `${given}: ${value}\r\n`
}

export function dropHeader(request: HeaderOwner, name: string): void {
  const { headers } = request
  if (typeof headers === 'string') request.headers = withoutLine(headers, name)
  else if (Array.isArray(headers))
    for (let index = headers.length - 2; index >= 0; index -= 2)
      if (isNamed(headers[index], name)) headers.splice(index, 2)
}

/** The list is the library's own copy of what it was given. */
function replaceIn(headers: unknown[], name: string, value: string): boolean {
  let isThere = false
  for (let index = 0; index < headers.length; index += 2) {
    if (!isNamed(headers[index], name)) continue
    if (isThere) {
      headers.splice(index, 2)
      index -= 2
    } else headers[index + 1] = value
    isThere = true
  }
  return isThere
}

function withoutLine(headers: string, name: string): string {
  const prefix = `${name.toLowerCase()}:`
  if (!headers.toLowerCase().includes(prefix)) return headers
  const lines = headers.split('\r\n').filter((line) => !line.toLowerCase().startsWith(prefix))
  return lines.join('\r\n')
}

const isNamed = (key: unknown, name: string): boolean =>
  typeof key === 'string' && key.length === name.length && key.toLowerCase() === name

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
