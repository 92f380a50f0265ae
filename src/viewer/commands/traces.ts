/** `uptrace-node traces` and `uptrace-node trace <id>`. */
import type { TraceSummary } from '../api.ts'
import { duration, nothingFound, time } from '../format.ts'
import { followTraces } from '../process/follow-traces.ts'
import { UsageError } from '../process/start.ts'
import { clean } from '../terminal/clean.ts'
import { type Column, markdownTable } from '../terminal/table.ts'
import { countsOf, shortAddress, traceLine } from '../terminal/trace-line.ts'
import { waterfall } from '../terminal/waterfall.ts'
import {
  type Context,
  type Definition,
  JSON_OPTION,
  limitOption,
  MARKDOWN_OPTION,
  numberOf,
  SERVICE_OPTION,
  SINCE_OPTION,
  sinceOf,
} from './frame.ts'

const SORTS = ['newest', 'oldest', 'slowest', 'fastest', 'spans', 'errors']
const COLUMNS: readonly Column<TraceSummary>[] = [
  { title: 'time', of: ({ startUs }) => time(startUs) },
  { title: 'trace', of: ({ traceId }) => traceId },
  { title: 'service', of: ({ service }) => service },
  { title: 'name', of: ({ name }) => name },
  { title: 'status', of: ({ httpStatus, status }) => String(httpStatus ?? status) },
  { title: 'duration', of: ({ durationNs }) => duration(durationNs), right: true },
  { title: 'did', of: (trace) => countsOf(trace) },
]

export const traces: Definition = {
  usage: '[query] [options]',
  about: 'Lists traces that meet a query: status, name, duration, what they did, and a short address.',
  options: {
    ...limitOption(20),
    sort: { type: 'string', value: '<order>', help: SORTS.join(', ') },
    ...SINCE_OPTION,
    ...SERVICE_OPTION,
    follow: { type: 'boolean', short: 'f', help: 'go on with traces as they come' },
    ...JSON_OPTION,
    ...MARKDOWN_OPTION,
  },
  examples: ["traces 'status:error duration>50ms'", 'traces --sort slowest --since 10m', 'traces --follow --json'],
  async run(context) {
    const { client, values, query, print, screen, signal } = context
    const sort = values['sort']
    if (sort !== undefined && !SORTS.includes(String(sort)))
      throw new UsageError(`--sort is one of ${SORTS.join(', ')}, not ${JSON.stringify(sort)}`)
    const parameters = {
      q: query,
      limit: numberOf(values, 'limit', 20, 1000),
      sort: sort as string | undefined,
      from: sinceOf(values),
      service: values['service'] as readonly string[] | undefined,
      systems: 1,
    }
    const list = await client.get('traces', parameters, signal)
    if (values['follow']) return follow(context, list.traces)
    if (values['json']) print(JSON.stringify(list, null, 2))
    else if (values['markdown']) print(...markdownTable(COLUMNS, list.traces))
    else if (list.traces.length === 0)
      process.stderr.write(`${nothingFound('No trace meets this.', list.unknownFields)}\n`)
    else print(...list.traces.map((trace) => traceLine(trace, client.url, screen)))
    return 0
  },
}

/** Newest last, as a log is read. */
async function follow(context: Context, first: readonly TraceSummary[]): Promise<number> {
  const { client, values, query, print, screen, signal } = context
  const show = (some: readonly TraceSummary[]) =>
    print(...some.map((trace) => (values['json'] ? JSON.stringify(trace) : traceLine(trace, client.url, screen))))
  show(first.toReversed())
  const parameters = { q: query, service: values['service'] as readonly string[] | undefined }
  const follower = followTraces(client, parameters, show, first)
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  follower.stop()
  return 0
}

export const trace: Definition = {
  usage: '<id> [options]',
  about: 'Shows a trace as a waterfall, with what is wrong in it. The beginning of an id will do: six digits at least.',
  options: {
    rows: { type: 'string', value: '<n>', help: 'how many rows at most, default 100; repeats are one row' },
    ...JSON_OPTION,
    markdown: { type: 'boolean', help: 'all of it as Markdown: findings, spans with attributes, stacks, logs' },
  },
  examples: ['trace 4bf92f35', 'trace 4bf92f35 --markdown > report.md'],
  async run({ client, values, words, print, screen, signal }) {
    const [traceId] = words
    if (traceId === undefined || words.length > 1) throw new UsageError('one id of a trace is needed')
    if (values['markdown']) {
      const answer = await client.download('traceExport', { traceId, format: 'markdown' }, signal)
      print((await answer.text()).trimEnd())
      return 0
    }
    const detail = await client.get('trace', { traceId, attributes: 1 }, signal)
    if (values['json']) {
      print(JSON.stringify(detail, null, 2))
      return 0
    }
    const root = detail.spans.find(({ parentIndex }) => parentIndex < 0)
    const counts = countsOf({ spans: detail.spans.length, errors: detail.errors })
    print(
      `${screen.paint('bold', clean(root?.name ?? 'trace', 300))}  ${duration(detail.durationNs)}  ${counts}`,
      `${time(detail.startUs)}  ${detail.traceId}  ${screen.paint('cyan', shortAddress(client.url, detail.traceId))}`,
      '',
      ...waterfall(detail, screen, { rows: numberOf(values, 'rows', 100, 10_000), indent: 0 }),
      ...(detail.logs > 0
        ? ['', screen.paint('dim', `${detail.logs} log records: uptrace-node logs --trace ${detail.traceId}`)]
        : []),
    )
    return 0
  },
}
