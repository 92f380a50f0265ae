/** The one check of addresses that telemetry is sent to. */

/** Undefined for what is no http or https URL with a host. */
export function parseHttpUrl(text: string): URL | undefined {
  return /^https?:\/\/[^/]/i.test(text) && URL.canParse(text) ? new URL(text) : undefined
}
