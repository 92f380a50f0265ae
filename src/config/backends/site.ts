/** Makes the address of traces from the place of a web interface and the shape that a back end has for it. */
import type { BackendRow } from './table.ts'

/** Where a back end shows traces. */
export interface Site {
  /** Undefined where nobody knows it. */
  readonly base: string | undefined
  /** Whether the back end has a web interface of a known shape. */
  readonly isShaped: boolean
  /** From the base of its web interface, or an address with `{traceId}` in it, to what `traceUrl` fills the ids in. */
  toTemplate(base: string): string
}

const JAEGER_UI_PORT = '16686'
const NAMES_TRACE = /\{(xrayT|t)raceId\}/

/** The shape of Uptrace, which needs no template, or that of Jaeger, whose web interface is known by its port. */
export function templateOf(url: string): string {
  const base = withoutUser(url)
  const isJaeger = !NAMES_TRACE.test(base) && new URL(base).port === JAEGER_UI_PORT
  return isJaeger ? `${base}/trace/{traceId}?uiFind={spanId}` : base
}

export function siteOfBackend(
  row: BackendRow,
  base: string | undefined,
  values: { readonly region: string | undefined; readonly datasource: string | undefined },
): Site {
  const { traceUrl } = row
  return {
    base,
    isShaped: traceUrl !== undefined,
    toTemplate(url) {
      const clean = withoutUser(url)
      if (traceUrl === undefined || NAMES_TRACE.test(clean)) return templateOf(url)
      return traceUrl
        .replaceAll('{site}', clean)
        .replaceAll('{region}', values.region ?? '')
        .replaceAll('{datasource}', encodeURIComponent(values.datasource ?? 'tempo'))
    },
  }
}

export const siteOfDsn = (base: string): Site => ({ base, isShaped: true, toTemplate: templateOf })

/** What is printed has no user and no password. */
const withoutUser = (url: string): string =>
  url
    .trim()
    .replace(/^(https?:\/\/)[^/?#]*@/i, '$1')
    .replace(/\/+$/, '')
