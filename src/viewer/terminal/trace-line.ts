/** One trace as one line: status, name, duration, what it did, where it can be seen. */
import type { Badge, TraceSummary } from '../api.ts'
import { duration, plural } from '../format.ts'
import { clean, cutTo, padEnd, padStart, widthOf } from './clean.ts'
import type { Colour, Screen } from './screen.ts'

/** Enough of a trace id to be unique among what a viewer stores. */
const SHORT_ID = 8
const NAME_COLUMNS = 32
const LEAST_NAME = 16
const MOST_NAME = 200
const FLAGS: ReadonlyMap<Badge, string> = new Map([
  ['n+1', 'N+1'],
  ['slow', 'slow'],
  ['unclosed', 'not ended'],
])

/** `http://localhost:14319/t/4bf92f35`: the viewer leads on to the trace. */
export function shortAddress(url: string, traceId: string): string {
  return `${url}/t/${traceId.slice(0, SHORT_ID)}`
}

/** Never wider than the terminal: what the trace did is left out bit by bit, then the name is cut. */
export function traceLine(trace: TraceSummary, url: string, screen: Screen): string {
  const [mark, colour] = markOf(trace)
  const time = padStart(duration(trace.durationNs), 8)
  const flags = trace.badges.flatMap((badge) => FLAGS.get(badge) ?? [])
  const address = shortAddress(url, trace.traceId)
  const roomBeside = (counts: string) =>
    screen.columns - widthOf(`${mark} ${time}${counts && `  ${counts}`}  ${address}`) - 2
  const counts = formsOf(trace, flags).find((form) => roomBeside(form) >= LEAST_NAME) ?? ''
  const room = Math.max(roomBeside(counts), 1)
  const name = cutTo(clean(trace.name, 300), Math.min(room, MOST_NAME))
  const { paint } = screen
  const parts = [
    `${paint(colour, mark)} ${padEnd(name, Math.min(room, NAME_COLUMNS))}`,
    paint(trace.badges.includes('slow') ? 'yellow' : 'bold', time),
    ...(counts === '' ? [] : [paint(flags.length > 0 ? 'yellow' : 'dim', counts)]),
    paint('cyan', address),
  ]
  return parts.join('  ')
}

/** What a trace did, from all of it to what is wrong with it. */
function formsOf(trace: TraceSummary, flags: readonly string[]): string[] {
  const failed = trace.errors > 0 ? [plural(trace.errors, 'error')] : []
  return [
    [countsOf(trace), ...flags].join(', '),
    [plural(trace.spans, 'span'), ...failed, ...flags].join(', '),
    [...failed, ...flags].join(', '),
    flags.join(', '),
  ]
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
