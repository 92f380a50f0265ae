/** Tells the local viewer which spans have been open for more than a second, so that it can show what is stuck and what never ends. */
// type-only import: loading node:http here would run before it can be instrumented
import type * as Http from 'node:http'
import { type Attributes, SpanKind, TraceFlags } from '@opentelemetry/api'
import { hrTimeToMicroseconds } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { clearTimeout, setTimeout } from '../../timers.ts'
import { createUntracedRunner, identityOf, postToViewer, type ViewerAddress } from '../viewer-reports.ts'

export interface LiveSpansOptions extends ViewerAddress {
  readonly resource: Resource
  /** How long a span is open before it is reported, and how often reports are made at most. @default 1000 */
  readonly openMillis?: number
}

/** An open span in the form that the viewer takes. */
interface LiveSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: string
  readonly startUs: number
  readonly attributes: Attributes
}

interface LiveReport {
  readonly started: readonly LiveSpan[]
  readonly ended?: readonly Pick<LiveSpan, 'traceId' | 'spanId'>[]
  readonly stay?: boolean
}

interface OpenSpan {
  readonly span: ReadableSpan
  readonly sinceMillis: number
}

const OPEN_MILLIS = 1000
const MAX_OPEN = 2000
const MAX_ATTRIBUTES = 10
const MAX_TEXT = 200

/**
 * A span processor that reports to a local viewer, at most once a second and never in the way of the program: it keeps no process alive,
 * ignores every error, and gives up where no viewer answers.
 *
 * The answer to the first report is never finished. Its connection closes when the process ends, in whatever way, and so the viewer
 * knows that what is still open then will never be closed.
 */
export function createLiveSpanProcessor({
  url,
  headers,
  resource,
  openMillis = OPEN_MILLIS,
}: LiveSpansOptions): SpanProcessor {
  const runUntraced = createUntracedRunner()
  /** Not reported yet, oldest first. */
  const young = new Map<string, OpenSpan>()
  const reported = new Map<string, LiveSpan>()
  let ended: Pick<LiveSpan, 'traceId' | 'spanId'>[] = []
  let timer: NodeJS.Timeout | undefined
  let presence: 'none' | 'asked' | 'there' = 'none'
  let connection: Http.ClientRequest | undefined
  let hasEnded = false

  return {
    onStart(span) {
      const { spanId, traceFlags } = span.spanContext()
      if (hasEnded || (traceFlags & TraceFlags.SAMPLED) === 0 || young.size + reported.size >= MAX_OPEN) return
      young.set(spanId, { span, sinceMillis: performance.now() })
      schedule()
    },
    onEnd(span) {
      const { traceId, spanId } = span.spanContext()
      if (young.delete(spanId) || !reported.delete(spanId)) return
      if (ended.length < MAX_OPEN) ended.push({ traceId, spanId })
      schedule()
    },
    forceFlush: () => Promise.resolve(),
    shutdown() {
      end()
      return Promise.resolve()
    },
  }

  function end(): void {
    hasEnded = true
    clearTimeout(timer)
    young.clear()
    reported.clear()
    ended = []
    connection?.destroy()
  }

  function schedule(): void {
    if (hasEnded || timer) return
    timer = runUntraced(() => setTimeout(tick, openMillis))
    timer.unref()
  }

  function tick(): void {
    timer = undefined
    try {
      // it tells the viewer which run this is
      if (presence !== 'asked' && !resource.asyncAttributesPending) report(grownUp())
    } catch {
      // e.g. a name that cannot be read: the program must not see it
    }
    if (young.size > 0 || ended.length > 0 || (reported.size > 0 && presence !== 'there')) schedule()
  }

  /** The spans that have been open for long enough to be reported; from now on they count as reported. */
  function grownUp(): LiveSpan[] {
    const before = performance.now() - openMillis
    const grown: LiveSpan[] = []
    for (const [spanId, { span, sinceMillis }] of young) {
      if (sinceMillis > before) break
      young.delete(spanId)
      const live = toLiveSpan(span)
      reported.set(spanId, live)
      grown.push(live)
    }
    return grown
  }

  function report(started: readonly LiveSpan[]): void {
    if (presence === 'there') {
      if (started.length > 0 || ended.length > 0) post({ started, ended }).on('response', (answer) => answer.resume())
    } else if (reported.size > 0) {
      presence = 'asked'
      connection = post({ started: [...reported.values()], stay: true })
      connection.on('response', stay)
      connection.on('close', leave)
    }
    ended = []
  }

  function stay(answer: Http.IncomingMessage): void {
    answer.resume()
    answer.on('error', () => {})
    if (answer.statusCode === 200) presence = 'there'
    // another program, or a viewer that does not know us: it is not asked again
    else end()
  }

  /** The viewer has ended, or was not there: it, or the next one, is told everything again. */
  function leave(): void {
    presence = 'none'
    connection = undefined
    if (reported.size > 0) schedule()
  }

  function post(report: LiveReport): Http.ClientRequest {
    const body = JSON.stringify({ resource: identityOf(resource), ...report })
    return postToViewer({ url, headers }, '/api/v1/live', body)
  }
}

function toLiveSpan(span: ReadableSpan): LiveSpan {
  const { traceId, spanId } = span.spanContext()
  const parent = span.parentSpanContext?.spanId
  return {
    traceId,
    spanId,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name: span.name,
    kind: SpanKind[span.kind]?.toLowerCase() ?? 'internal',
    startUs: Math.floor(hrTimeToMicroseconds(span.startTime)),
    attributes: someOf(span.attributes),
  }
}

/** Enough to tell what a span is about. */
function someOf(attributes: Attributes): Attributes {
  const some: Attributes = {}
  let left = MAX_ATTRIBUTES
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'object' || left-- <= 0) continue
    some[key] = typeof value === 'string' ? value.slice(0, MAX_TEXT) : value
  }
  return some
}
