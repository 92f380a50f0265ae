/** The one check of addresses that telemetry is sent to. */

/** Undefined for what is no http or https URL with a host. Blanks around it do not count; a line break inside, which `URL` would leave out, does. */
export function parseHttpUrl(given: string): URL | undefined {
  const text = given.trim()
  return /^https?:\/\/[^/][^\t\r\n]*$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined
}
