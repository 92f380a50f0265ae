/** The first rows of the trace in the address, asked for before the page is drawn: both are painted together. */
import { firstRowsPath, type TraceDetail } from '../../../api.ts'
import { request } from '../../lib/api.ts'
import { param, path } from '../../lib/location.tsx'

/** The page is drawn without its rows when they take longer. */
const WAIT_MILLIS = 200

let ahead:
  | { readonly url: string; readonly answer: Promise<TraceDetail>; readonly rows: TraceDetail | undefined }
  | undefined

export const traceIdOf = (pathname: string): string => decodeURIComponent(pathname.slice('/traces/'.length))

/** Never rejects: whoever takes the answer sees its error. */
export async function askFirstRows(): Promise<void> {
  if (!path.peek().startsWith('/traces/')) return
  const url = urlOfFirstRows(traceIdOf(path.peek()), param('clocks'))
  const answer = request<TraceDetail>(url)
  ahead = { url, answer, rows: undefined }
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, WAIT_MILLIS))
  const rows = await Promise.race([answer, late]).catch(() => undefined)
  ahead = { url, answer, rows }
}

/** What is there already. */
export const firstRowsAtHand = (traceId: string, clocks: string): TraceDetail | undefined =>
  ahead?.url === urlOfFirstRows(traceId, clocks) ? ahead.rows : undefined

/** Takes what was asked ahead, once: later ones want to be new. */
export function firstRows(traceId: string, clocks: string, signal: AbortSignal): Promise<TraceDetail> {
  const url = urlOfFirstRows(traceId, clocks)
  const answer = ahead?.url === url ? ahead.answer : undefined
  ahead = undefined
  return answer ?? request<TraceDetail>(url, { signal })
}

const urlOfFirstRows = (traceId: string, clocks: string): string =>
  firstRowsPath(traceId) + (clocks === '' ? '' : `&clocks=${encodeURIComponent(clocks)}`)
