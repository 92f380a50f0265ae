/** The text of a URL for attributes: values of parameters that give access to something are hidden. */

const HIDDEN = [
  'sig',
  'Signature',
  'AWSAccessKeyId',
  'X-Goog-Signature',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
]
const HIDDEN_NAME = new RegExp(`(?:^|&)(?:${HIDDEN.join('|')})(?:=|&|$)`)
/** A path that the URL parser leaves as it is: no escapes, no dot segments, nothing that it would escape. */
const PLAIN_PATH = /^\/(?![/.])(?:[\w\-~!$&'()*+,;=:@|[\]]|\/(?!\.)|(?<!\/)\.)*$/
/** Parameters that come out of `URLSearchParams` as they went in. */
const PLAIN_QUERY = /^[\w*.-]+=[\w*.-]*(?:&[\w*.-]+=[\w*.-]*)*$/

export const isPlainPath = (path: string): boolean => PLAIN_PATH.test(path)

/** Whether the query can stand in an attribute as it is. */
export const isPlainQuery = (query: string): boolean => PLAIN_QUERY.test(query) && !HIDDEN_NAME.test(query)

export function redactQuery(query: string): string {
  const parameters = new URLSearchParams(query)
  for (const name of HIDDEN) if (parameters.has(name)) parameters.set(name, 'REDACTED')
  return parameters.toString()
}

/** Leaves a query without such parameters as it was written. */
export function hideSecrets(query: string): string {
  return isPlainQuery(query) || !hasSecret(query) ? query : redactQuery(query)
}

function hasSecret(query: string): boolean {
  const parameters = new URLSearchParams(query)
  return HIDDEN.some((name) => parameters.has(name))
}
