/** `uptrace-node services`, `metrics` and `status`. */
import type { Instrument, OperationStats, ServiceSummary, Stats, ViewerStatus } from '../api.ts'
import { findInstruments } from '../find-instruments.ts'
import { ago, bytes, count, digits, duration, inUnit, percent } from '../format.ts'
import { UsageError } from '../process/start.ts'
import { clean } from '../terminal/clean.ts'
import type { Screen } from '../terminal/screen.ts'
import { type Column, markdownTable, tableLines } from '../terminal/table.ts'
import {
  type Context,
  type Definition,
  JSON_OPTION,
  limitOption,
  MARKDOWN_OPTION,
  numberOf,
  SINCE_OPTION,
  sinceOf,
} from './frame.ts'

const CALLS: readonly Column<Stats>[] = [
  { title: 'calls', of: ({ calls }) => count(calls), right: true },
  { title: 'a second', optional: true, of: ({ rate }) => digits(rate), right: true },
  {
    title: 'errors',
    of: ({ calls, errors }) => percent(calls === 0 ? 0 : errors / calls),
    right: true,
    colour: ({ errors }) => (errors > 0 ? 'red' : undefined),
  },
  { title: 'p50', of: ({ p50Ns }) => duration(p50Ns), right: true },
  { title: 'p95', of: ({ p95Ns }) => duration(p95Ns), right: true },
  { title: 'max', optional: true, of: ({ maxNs }) => duration(maxNs), right: true },
]
const SERVICES: readonly Column<ServiceSummary>[] = [
  { title: 'service', of: ({ service }) => service, grows: true },
  ...CALLS,
  { title: 'logs', optional: true, of: ({ logs }) => count(logs), right: true },
  { title: 'last', of: ({ lastUs }) => ago(lastUs) },
]
const OPERATIONS: readonly Column<OperationStats>[] = [
  { title: 'operation', of: ({ name }) => name, grows: true },
  { title: 'kind', optional: true, of: ({ kind }) => kind },
  ...CALLS,
  { title: 'share', optional: true, of: ({ timeShare }) => percent(timeShare), right: true },
]

export const services: Definition = {
  usage: '[service] [options]',
  about:
    'Lists services with calls, errors and durations; of one service, its operations, those that take most time first.',
  options: { ...limitOption(50), ...SINCE_OPTION, ...JSON_OPTION, ...MARKDOWN_OPTION },
  examples: ['services', 'services orders --since 10m'],
  async run(context) {
    const { client, query, values, signal } = context
    const from = sinceOf(values)
    const limit = numberOf(values, 'limit', 50, 1000)
    if (query === undefined) {
      const graph = await client.get('services', { from }, signal)
      return table(context, graph, SERVICES, graph.services.slice(0, limit))
    }
    const list = await client.get('operations', { from, service: query }, signal)
    const rows = list.operations.slice(0, limit)
    return table(context, list, OPERATIONS, rows, `No operation of a service ${clean(query)} is stored.`)
  },
}

const METRICS: readonly Column<Instrument>[] = [
  { title: 'metric', of: ({ name }) => name, grows: true },
  { title: 'service', of: ({ service }) => service },
  { title: 'type', of: ({ type }) => type },
  { title: 'series', optional: true, of: ({ series }) => count(series), right: true },
  { title: 'last', of: ({ lastValue, unit }) => inUnit(lastValue, unit), right: true },
  { title: 'course', optional: true, of: ({ sparkline }) => courseOf(sparkline) },
]

export const metrics: Definition = {
  usage: '[query] [options]',
  about:
    'Lists metrics with their last value (of histograms the mean) and their course: those with all words in name, service, scope, type or unit.',
  options: { ...limitOption(100), ...JSON_OPTION, ...MARKDOWN_OPTION },
  examples: ['metrics', 'metrics http.server', "metrics 'type:histogram service:orders -undici'"],
  async run(context) {
    const { client, query, values, signal } = context
    const list = await client.get('metrics', {}, signal)
    const instruments = findInstruments(list.instruments, query ?? '').slice(0, numberOf(values, 'limit', 100, 10_000))
    const isMissing = list.instruments.length > 0 && query !== undefined
    const nothing = isMissing ? `No metric meets ${clean(query)}.` : undefined
    return table(context, { ...list, instruments }, METRICS, instruments, nothing)
  },
}

export const status: Definition = {
  usage: '[options]',
  about: 'Says where the viewer is, what it holds, how much it may hold, and what was refused.',
  options: { ...JSON_OPTION },
  async run({ client, values, words, print, screen, signal }) {
    if (words.length > 0) throw new UsageError(`unexpected ${JSON.stringify(words[0])}`)
    const answer = await client.get('status', {}, signal)
    if (values['json']) {
      // the DSN holds the token: it is for `uptrace-node ui`
      const { dsn: _, ...rest } = answer
      print(JSON.stringify(rest, null, 2))
    } else print(...statusLines(answer, screen))
    return 0
  },
}

function statusLines({ url, version, startedUs, otlpUrl, storage, ingest }: ViewerStatus, { paint }: Screen): string[] {
  const { limits } = storage
  const room = `${bytes(storage.bytes)} of ${bytes(limits.maxBytes)}`
  return [
    `${paint('bold', url)}  version ${version}, started ${ago(startedUs)}`,
    ...(otlpUrl === null ? [] : [`OTLP without a token: ${otlpUrl}`]),
    `holds     ${count(storage.traces)} traces, ${count(storage.spans)} spans, ${count(storage.logs)} log records, ${count(storage.metricPoints)} metric points`,
    `storage   ${room} ${storage.path === null ? 'in memory' : `in ${storage.path}`}`,
    `received  ${count(ingest.requests)} requests, the last ${ingest.lastUs === null ? 'never' : ago(ingest.lastUs)}`,
    ...(storage.eviction === null
      ? []
      : [`deleted   ${count(storage.eviction.spans)} spans to make room, since ${ago(storage.eviction.sinceUs)}`]),
    ...(storage.problem === null ? [] : [paint('red', `problem   ${storage.problem}`)]),
    ...(ingest.lastError === null
      ? []
      : [
          paint(
            'yellow',
            `refused   ${ingest.lastError.path}: ${ingest.lastError.message} (${ago(ingest.lastError.atUs)})`,
          ),
        ]),
  ]
}

function table<Row>(
  { values, print, screen }: Context,
  answer: unknown,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  nothing = 'Nothing has come yet.',
): number {
  if (values['json']) print(JSON.stringify(answer, null, 2))
  else if (values['markdown']) print(...markdownTable(columns, rows))
  else if (rows.length === 0) process.stderr.write(`${nothing}\n`)
  else print(...tableLines(columns, rows, screen))
  return 0
}

const BLOCKS = '▁▂▃▄▅▆▇█'

function courseOf(values: readonly number[]): string {
  const newest = values.slice(-12)
  const [least, most] = [Math.min(...newest), Math.max(...newest)]
  const range = most - least
  return newest
    .map((value) => BLOCKS[range === 0 ? 0 : Math.round(((value - least) / range) * (BLOCKS.length - 1))])
    .join('')
}
