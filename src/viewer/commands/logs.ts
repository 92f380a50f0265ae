/** `uptrace-node logs`. */
import type { LogRow, Severity } from '../api.ts'
import { nothingFound, time } from '../format.ts'
import type { Parameters } from '../process/client.ts'
import { clean, cutTo, padEnd } from '../terminal/clean.ts'
import type { Colour, Screen } from '../terminal/screen.ts'
import { type Column, markdownTable } from '../terminal/table.ts'
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

const COLUMNS: readonly Column<LogRow>[] = [
  { title: 'time', of: ({ timeUs }) => time(timeUs) },
  { title: 'severity', of: ({ severity }) => severity },
  { title: 'service', of: ({ service }) => service },
  { title: 'text', of: ({ body }) => body },
  { title: 'trace', of: ({ traceId }) => traceId ?? '' },
]
const COLOURS: Readonly<Partial<Record<Severity, Colour>>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'dim',
  trace: 'dim',
}

export const logs: Definition = {
  usage: '[query] [options]',
  about: 'Lists log records that meet a query, newest last.',
  options: {
    ...limitOption(50),
    trace: { type: 'string', value: '<id>', help: 'only those of a trace' },
    ...SINCE_OPTION,
    ...SERVICE_OPTION,
    follow: { type: 'boolean', short: 'f', help: 'go on with records as they come' },
    ...JSON_OPTION,
    ...MARKDOWN_OPTION,
  },
  examples: ["logs 'severity>=warn'", 'logs --follow --service orders', 'logs --trace 4bf92f35'],
  async run(context) {
    const { client, values, query, print, screen, signal } = context
    const parameters = {
      q: query,
      trace: await wholeId(context),
      from: sinceOf(values),
      service: values['service'] as readonly string[] | undefined,
    }
    const list = await client.get('logs', { ...parameters, limit: numberOf(values, 'limit', 50, 2000) }, signal)
    const rows = list.logs.toReversed()
    if (values['json'] && !values['follow']) print(JSON.stringify(list, null, 2))
    else if (values['markdown']) print(...markdownTable(COLUMNS, rows))
    else if (rows.length === 0 && !values['follow'])
      process.stderr.write(`${nothingFound('No log record meets this.', list.unknownFields)}\n`)
    else show(context, rows)
    if (values['follow']) await follow(context, parameters, list.lastId)
    return 0

    function show({ values: asked }: Context, records: readonly LogRow[]): void {
      print(...records.map((row) => (asked['json'] ? JSON.stringify(row) : logLine(row, screen))))
    }

    async function follow(own: Context, filter: Parameters, from: number): Promise<void> {
      let after = from
      for await (const _ of client.ticks(signal)) {
        const fresh = await client.get('logs', { ...filter, after, order: 'oldest', limit: 2000 }, signal)
        show(own, fresh.logs)
        after = Math.max(after, fresh.logs.at(-1)?.id ?? after)
      }
    }
  },
}

/** Records are found by whole ids only. */
async function wholeId({ client, values, signal }: Context): Promise<string | undefined> {
  const id = values['trace'] as string | undefined
  if (id === undefined || id.length >= 32) return id
  return (await client.get('trace', { traceId: id, attributes: 0 }, signal)).traceId
}

export function logLine(row: LogRow, screen: Screen): string {
  const severity = screen.paint(COLOURS[row.severity] ?? 'dim', padEnd(row.severity.toUpperCase(), 5))
  const before = `${time(row.timeUs)} ${padEnd(row.severity, 5)} ${clean(row.service, 60)}  `
  const id = row.traceId === null ? '' : `  ${row.traceId.slice(0, 8)}`
  const body = cutTo(clean(row.body, 4000), Math.max(screen.columns - before.length - id.length, 20))
  return `${screen.paint('dim', time(row.timeUs))} ${severity} ${screen.paint('cyan', clean(row.service, 60))}  ${body}${screen.paint('dim', id)}`
}
