/** Tools that find traces, show one, and compare two. */
import type { ComparedRow, ComparedSide, TraceSummary } from '../api.ts'
import { nothingFound } from '../format.ts'
import { type Arguments, fromOf, limitOf, lines, millis, SERVICE, SINCE, type Tool, time } from './tool.ts'

const QUERY = `Terms of the query are joined by blanks (all must hold of one span); OR, NOT and brackets work. Examples:
  status:error                        failed spans
  duration>100ms                      units ns, us, ms, s, m
  http.route=/orders/:id              any attribute by its OpenTelemetry name; * matches any text, != excludes
  db.query.text~users                 contains
  kind:server service:api             kinds: server, client, internal, producer, consumer
  badge:n+1                           traces with a finding: n+1, slow, error, unclosed, sequential, partial
  trace.duration>1s trace.spans>100   of the trace as a whole
  timeout                             a bare word is found in names, messages, attribute values, exceptions
A wrong query is answered with what is wrong and where.`

const searchTraces: Tool = {
  name: 'search_traces',
  title: 'Search traces',
  description: `Finds requests and jobs that the program has run, newest first: name, status, duration, number of spans and errors. Use it to see whether a request was made, what failed, what is slow; then call get_trace.\n${QUERY}`,
  properties: {
    query: { type: 'string', description: 'Query as described; leave it out for all traces.' },
    service: SERVICE,
    sort: {
      type: 'string',
      enum: ['newest', 'oldest', 'slowest', 'fastest', 'spans', 'errors'],
      description: 'Default: newest.',
    },
    limit: limitOf(100, 20),
    since_minutes: SINCE,
  },
  async run(client, given) {
    const { traces, next, unknownFields } = await client.get('traces', {
      q: given['query'] as string | undefined,
      service: given['service'] as string | undefined,
      sort: given['sort'] as string | undefined,
      limit: (given['limit'] as number | undefined) ?? 20,
      from: fromOf(given),
    })
    const more = next === null ? '' : '\nThere are more: narrow the query, or raise limit.'
    return lines(traces.map(summaryOf), nothingFound('No trace meets the query.', unknownFields), more)
  },
}

function summaryOf(trace: TraceSummary): object {
  const { traceId, name, service, status, httpStatus, durationNs, spans, errors, logs, startUs, badges } = trace
  return {
    trace_id: traceId,
    name,
    service,
    status,
    ...(httpStatus === null ? {} : { http_status: httpStatus }),
    duration_ms: millis(durationNs),
    spans,
    errors,
    logs,
    start: time(startUs),
    ...(badges.length > 0 ? { badges } : {}),
  }
}

const getTrace: Tool = {
  name: 'get_trace',
  title: 'Show a trace',
  description:
    'Shows everything that happened in one trace as Markdown: what is wrong with it, its spans as a tree with durations and attributes (SQL statements, URLs, status codes), stacks of exceptions, and its log lines. Repeated spans are folded.',
  properties: {
    trace_id: { type: 'string', description: 'Id of the trace, or the address of its page in the viewer.' },
  },
  required: ['trace_id'],
  async run(client, given) {
    const response = await client.download('traceExport', { traceId: idOf(given, 'trace_id'), format: 'markdown' })
    return response.text()
  },
}

const compare: Tool = {
  name: 'compare',
  title: 'Compare two traces',
  description:
    'Compares two traces of the same operation, such as one before and one after a change, or a slow one and a fast one: spans that were added, removed, repeated more often, became slower or faster (ms of a, of b), and attributes that differ.',
  properties: {
    a: { type: 'string', description: 'Id of the first trace.' },
    b: { type: 'string', description: 'Id of the second trace.' },
  },
  required: ['a', 'b'],
  async run(client, given) {
    const { a, b, rows, attributes } = await client.get('compare', { a: idOf(given, 'a'), b: idOf(given, 'b') })
    const changed = rows.filter(isChanged)
    return [
      `a: ${JSON.stringify(summaryOf(a))}`,
      `b: ${JSON.stringify(summaryOf(b))}`,
      `\n${changed.length} of ${rows.length} places in the tree differ:`,
      lines(changed.slice(0, MAX_CHANGES).map(changeOf), '(none)'),
      '\nAttributes that differ:',
      lines(attributes, '(none)'),
    ].join('\n')
  },
}

const MAX_CHANGES = 100
/** Less is noise. */
const LEAST_CHANGE_NS = 1_000_000

function isChanged({ a, b }: ComparedRow): boolean {
  if (a === null || b === null || a.count !== b.count || a.errors !== b.errors) return true
  const change = Math.abs(a.durationNs - b.durationNs)
  return change > LEAST_CHANGE_NS && change > Math.max(a.durationNs, b.durationNs) * 0.2
}

function changeOf({ service, name, kind, a, b, depth }: ComparedRow): object {
  const side = (one: ComparedSide | null): object | null =>
    one && { count: one.count, ms: millis(one.durationNs), self_ms: millis(one.selfNs), errors: one.errors }
  return { depth, service, name, kind, a: side(a), b: side(b) }
}

/** Agents paste whole addresses. */
function idOf(given: Arguments, name: string): string {
  const text = String(given[name])
  return /[0-9a-f]{32}/i.exec(text)?.[0].toLowerCase() ?? text.trim()
}

export const TRACE_TOOLS: readonly Tool[] = [searchTraces, getTrace, compare]
