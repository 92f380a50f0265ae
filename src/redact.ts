/** Removes credentials from any text before it is shown: DSN tokens, user info in URLs, secret headers. */

const URL_USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/?#@"']+)@/gi
const SECRET_HEADER =
  /\b(authorization|uptrace-dsn|api-key|x-api-key|token)(["']?\s*[:=]\s*["']?)([^\s,"'}]+(?:\s+[A-Za-z0-9+/._=-]{8,})?)/gi

const known = new Set<string>()

/** Remembers a secret, so that it is removed even where it stands without its URL. Too short a text is not remembered. */
export function rememberSecret(secret: string): void {
  if (secret.length >= 6) known.add(secret)
}

/** The text with every credential replaced by `***`. */
export function redactSecrets(text: string): string {
  let safe = text
    .replace(URL_USERINFO, (whole, scheme, userInfo) => (userInfo === '<token>' ? whole : `${scheme}***@`))
    .replace(SECRET_HEADER, '$1$2***')
  for (const secret of known) safe = safe.replaceAll(secret, '***')
  return safe
}
