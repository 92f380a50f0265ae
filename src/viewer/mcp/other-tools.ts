/** Tools for services, logs, findings, errors and metrics. */
import { INSIGHT_KINDS, type Insight, type Instrument, type LogRow, type MetricData } from '../api.ts'
import { nothingFound } from '../format.ts'
import { appFrameOf } from '../query/stack-trace.ts'
import { fromOf, limitOf, lines, millis, SERVICE, SINCE, type Tool, time } from './tool.ts'

const listServices: Tool = {
  name: 'list_services',
  title: 'List services',
  description:
    'Lists the programs that have sent telemetry, with calls, errors and latencies, and the calls between them and to databases and others. Start here to learn what there is; with a service, its operations are listed.',
  properties: {
    service: { type: 'string', description: 'Lists the operations of this service instead.' },
    since_minutes: SINCE,
  },
  async run(client, given) {
    const window = { from: fromOf(given), service: given['service'] as string | undefined }
    if (window.service !== undefined) {
      const { operations } = await client.get('operations', window)
      const rows = operations.map(({ name, kind, ...stats }) => ({ name, kind, ...statsOf(stats) }))
      return lines(rows, `No operation of ${window.service} is stored.`)
    }
    const { services, edges } = await client.get('services', window)
    const rows = services.map(({ service, version, language, logs, errorLogs, lastUs, ...stats }) => ({
      service,
      version,
      language,
      ...statsOf(stats),
      logs,
      error_logs: errorLogs,
      last_seen: time(lastUs),
    }))
    const calls = edges.map(({ from, to, ...stats }) => ({ from, to, ...statsOf(stats) }))
    return `${lines(rows, 'Nothing has been received yet.')}${calls.length > 0 ? `\n\nCalls:\n${lines(calls, '')}` : ''}`
  },
}

function statsOf(stats: { calls: number; errors: number; p50Ns: number; p95Ns: number; maxNs: number }): object {
  const { calls, errors, p50Ns, p95Ns, maxNs } = stats
  return { calls, errors, p50_ms: millis(p50Ns), p95_ms: millis(p95Ns), max_ms: millis(maxNs) }
}

const searchLogs: Tool = {
  name: 'search_logs',
  title: 'Search log records',
  description: `Finds log records, newest first, each with the trace it belongs to. The query is that of search_traces, asked of the record:
  severity>=warn          trace, debug, info, warn, error, fatal
  body~timeout            contains; a bare word is found in the text and the attributes
  service:api user.id=7   any attribute`,
  properties: {
    query: { type: 'string', description: 'Query as described; leave it out for all records.' },
    trace_id: { type: 'string', description: 'Only records of this trace.' },
    service: SERVICE,
    order: { type: 'string', enum: ['newest', 'oldest'], description: 'Default: newest.' },
    limit: limitOf(500, 50),
    since_minutes: SINCE,
  },
  async run(client, given) {
    const { logs, next, unknownFields } = await client.get('logs', {
      q: given['query'] as string | undefined,
      trace: given['trace_id'] as string | undefined,
      service: given['service'] as string | undefined,
      order: given['order'] as string | undefined,
      limit: (given['limit'] as number | undefined) ?? 50,
      from: fromOf(given),
    })
    const more = next === null ? '' : '\nThere are more: narrow the query, or raise limit.'
    return lines(logs.map(recordOf), nothingFound('No log record meets the query.', unknownFields), more)
  },
}

function recordOf({ timeUs, severity, service, body, attributes, traceId, spanId }: LogRow): object {
  return {
    time: time(timeUs),
    severity,
    service,
    body: cut(body),
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    ...(traceId === null ? {} : { trace_id: traceId, span_id: spanId }),
  }
}

const listFindings: Tool = {
  name: 'list_findings',
  title: 'List findings',
  description:
    'Lists what is wrong with the program or its telemetry, worst first, each with advice and an example trace: N+1 queries, slow operations, errors, spans that were never ended, calls made one after another that could run at the same time, lost context.',
  properties: {
    kind: { type: 'string', enum: INSIGHT_KINDS, description: 'Only findings of this kind.' },
    service: SERVICE,
    limit: limitOf(200, 30),
  },
  async run(client, given) {
    const { insights } = await client.get('insights')
    const kept = insights
      .filter(({ kind }) => given['kind'] === undefined || kind === given['kind'])
      .filter(({ service }) => given['service'] === undefined || service === given['service'])
      .slice(0, (given['limit'] as number | undefined) ?? 30)
    return lines(kept.map(findingOf), 'Nothing was found. A trace is looked at a second after its last span has come.')
  },
}

function findingOf({ kind, severity, title, detail, advice, service, count, evidence, savingNs }: Insight): object {
  return {
    kind,
    severity,
    service,
    title,
    detail,
    advice,
    count,
    ...(savingNs === null ? {} : { could_save_ms: millis(savingNs) }),
    ...(evidence[0] ? { example_trace_id: evidence[0].traceId } : {}),
  }
}

const listErrors: Tool = {
  name: 'list_errors',
  title: 'List errors',
  description:
    'Lists errors grouped by type, message and place, with how often each happened, the innermost line of the application, the stack, and an example trace.',
  properties: { service: SERVICE, limit: limitOf(100, 20) },
  async run(client, given) {
    const { insights } = await client.get('insights')
    const errors = insights
      .filter(({ kind, service }) => kind === 'errors' && [undefined, service].includes(given['service'] as string))
      .slice(0, (given['limit'] as number | undefined) ?? 20)
    return lines(errors.map(errorOf), 'No error is stored.')
  },
}

const MAX_FRAMES = 12

function errorOf({ exception, title, service, operation, count, lastUs, evidence }: Insight): object {
  const frame = exception && appFrameOf(exception.frames)
  return {
    service,
    error: title,
    operation,
    count,
    last: time(lastUs),
    ...(frame?.file ? { at: `${frame.file}:${frame.line}` } : {}),
    ...(exception && exception.frames.length > 0
      ? { stack: exception.frames.slice(0, MAX_FRAMES).map(({ text }) => text) }
      : {}),
    ...(evidence[0] ? { example_trace_id: evidence[0].traceId } : {}),
  }
}

const queryMetrics: Tool = {
  name: 'query_metrics',
  title: 'Query metrics',
  description:
    'Without a name, lists the metrics that are stored with type, unit and last value. With one, gives its values over time: least, greatest, mean and last of each line, and up to 20 points of it; sums are rates a second, histograms percentiles.',
  properties: {
    name: { type: 'string', description: 'Name of the metric, e.g. http.server.request.duration.' },
    service: SERVICE,
    split: { type: 'string', description: 'Attribute whose values become a line each, e.g. http.route.' },
    filter: { type: 'string', description: 'Only series with this attribute: key=value.' },
    since_minutes: SINCE,
  },
  async run(client, given) {
    const { name, service, split, filter } = given as Record<string, string | undefined>
    const { instruments } = await client.get('metrics', { service, from: fromOf(given) })
    if (name === undefined) return lines(instruments.map(instrumentOf), 'No metric is stored.')
    const found = instruments.filter((instrument) => instrument.name === name)
    if (found.length === 0) {
      const alike = instruments
        .filter((instrument) => instrument.name.includes(name))
        .map((instrument) => instrument.name)
      return `No metric is named ${name}.${alike.length > 0 ? ` There are ${[...new Set(alike)].join(', ')}.` : ''}`
    }
    const data = await Promise.all(
      found.map(({ id }) => client.get('metricData', { id, split, filter, from: fromOf(given) })),
    )
    return data.map(seriesOf).join('\n\n')
  },
}

function instrumentOf({ name, service, type, unit, lastValue, attributeKeys, description }: Instrument): object {
  return { name, service, type, unit, last: lastValue, attributes: attributeKeys, description }
}

const MAX_POINTS = 20

function seriesOf({ instrument, lines: drawn, timesUs, mode }: MetricData): string {
  const head = `${instrument.name} of ${instrument.service}, ${instrument.type}, ${mode === 'rate' ? 'a second, ' : ''}unit ${instrument.unit || 'none'}`
  const rows = drawn.flatMap(({ label, quantile, values }) => {
    const points = values.flatMap((value, at) => (value === null ? [] : [[time(timesUs[at]!), value] as const]))
    const numbers = points.map(([, value]) => value)
    if (numbers.length === 0) return []
    return {
      line: [...new Set([label, quantile])].filter(Boolean).join(' '),
      min: Math.min(...numbers),
      max: Math.max(...numbers),
      mean: Number((numbers.reduce((sum, value) => sum + value, 0) / numbers.length).toPrecision(6)),
      last: numbers.at(-1),
      points: points.slice(-MAX_POINTS),
    }
  })
  return `${head}\n${lines(rows, 'No point in this time.')}`
}

const cut = (text: string): string => (text.length > 2000 ? `${text.slice(0, 2000)}…` : text)

export const OTHER_TOOLS: readonly Tool[] = [listServices, searchLogs, listFindings, listErrors, queryMetrics]
