/** The processes that sent telemetry. */
import type { Run } from '../api.ts'
import type { ResourceInfo, StoreContext } from '../store/context.ts'

interface RunColumns {
  readonly id: number
  readonly run: string
  readonly first_us: number
  readonly last_us: number
  readonly spans: number
  readonly logs: number
}

/** Newest first. Resources of one run are one: some attributes come late. */
export function runsOf(store: StoreContext): Run[] {
  const rows = store.database
    .prepare('SELECT id, run, first_us, last_us, spans, logs FROM resource WHERE last_us > 0 ORDER BY id')
    .all() as unknown as RunColumns[]
  return [...Map.groupBy(rows, ({ run }) => run).values()]
    .map((group) => toRun(store.resources.byId(group.at(-1)!.id), group))
    .sort((a, b) => b.firstUs - a.firstUs || (a.id < b.id ? -1 : 1))
}

function toRun({ run, service, attributes }: ResourceInfo, rows: readonly RunColumns[]): Run {
  const pid = Number(attributes['process.pid'])
  return {
    id: run,
    service,
    command: commandOf(attributes),
    pid: Number.isInteger(pid) ? pid : null,
    host: textOf(attributes['host.name']),
    sdkLanguage: textOf(attributes['telemetry.sdk.language']),
    firstUs: Math.min(...rows.map((row) => row.first_us)),
    lastUs: Math.max(...rows.map((row) => row.last_us)),
    spans: rows.reduce((sum, row) => sum + row.spans, 0),
    logs: rows.reduce((sum, row) => sum + row.logs, 0),
  }
}

function commandOf(attributes: ResourceInfo['attributes']): string | null {
  const args = attributes['process.command_args']
  if (Array.isArray(args)) return args.join(' ')
  return textOf(attributes['process.command_line'] ?? attributes['process.command'])
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
