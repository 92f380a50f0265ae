/** One trace as one line: status, name, duration, what it did, where it can be seen. */
import type { Badge, TraceSummary } from '../api.ts'
import { duration } from '../format.ts'
import { clean, cutTo, padEnd, padStart, widthOf } from './clean.ts'
import type { Colour, Screen } from './screen.ts'

/** Enough of a trace id to be unique among what a viewer stores. */
const SHORT_ID = 8
const NAME_COLUMNS = 32
const LEAST_NAME = 12
const FLAGS: ReadonlyMap<Badge, string> = new Map([
  ['n+1', 'N+1'],
  ['slow', 'slow'],
  ['unclosed', 'not ended'],
])

/** `http://localhost:14319/t/4bf92f35`: the viewer leads on to the trace. */
export function shortAddress(url: string, traceId: string): string {
  return `${url}/t/${traceId.slice(0, SHORT_ID)}`
}

/** Columns that lines of a list share: status, name, duration, counts, address. */
export function traceLine(trace: TraceSummary, url: string, screen: Screen): string {
  const [mark, colour] = markOf(trace)
  const time = padStart(duration(trace.durationNs), 8)
  const flags = trace.badges.filter((badge) => FLAGS.has(badge))
  const counts = [countsOf(trace), ...flags.map((flag) => FLAGS.get(flag)!)].join(', ')
  const address = shortAddress(url, trace.traceId)
  const room = screen.columns - widthOf(`${mark} ${time}  ${counts}  ${address}`) - 2
  const name = cutTo(clean(trace.name, 300), Math.max(Math.min(room, 200), LEAST_NAME))
  const { paint } = screen
  const parts = [
    `${paint(colour, mark)} ${padEnd(name, Math.min(Math.max(room, LEAST_NAME), NAME_COLUMNS))}`,
    paint(trace.badges.includes('slow') ? 'yellow' : 'bold', time),
    paint(flags.length > 0 ? 'yellow' : 'dim', counts),
    paint('cyan', address),
  ]
  return parts.join('  ')
}

function markOf({ status, errors, httpStatus }: TraceSummary): [mark: string, colour: Colour] {
  const mark = httpStatus === null ? (status === 'error' ? 'ERR' : errors > 0 ? ' ! ' : 'ok ') : String(httpStatus)
  const isBad = status === 'error' || (httpStatus ?? 0) >= 500
  return [mark, isBad ? 'red' : errors > 0 || (httpStatus ?? 0) >= 400 ? 'yellow' : 'green']
}

/** `12 spans, 4 db, 1 error`. */
export function countsOf({ spans, errors, systems = {} }: Pick<TraceSummary, 'spans' | 'errors' | 'systems'>): string {
  const called = (['db', 'cache', 'http', 'rpc', 'messaging'] as const).flatMap((system) =>
    systems[system] ? `${systems[system]} ${system}` : [],
  )
  const failed = errors > 0 ? [`${errors} ${errors === 1 ? 'error' : 'errors'}`] : []
  return [`${spans} ${spans === 1 ? 'span' : 'spans'}`, ...called, ...failed].join(', ')
}
