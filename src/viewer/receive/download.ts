/** Telemetry as files: downloads of one trace or of many. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Engine } from '../query/engine.ts'
import { toChromeTrace } from '../query/export-chrome.ts'
import { exportMetrics } from '../query/export-metrics.ts'
import { exportLogs, exportTraces } from '../query/export-otlp.ts'
import { type LogColumns, logsOfTrace } from '../query/logs.ts'
import { placeTrace } from '../query/place-trace.ts'
import { traceDetail } from '../query/trace-detail.ts'
import { findTraces, selectTraces, sortOf } from '../query/traces.ts'
import { readWindow } from '../query/window.ts'
import type { Store } from '../store/store.ts'
import type { TraceRow } from '../store/traces.ts'
import { traceMarkdown } from '../terminal/trace-markdown.ts'
import { HttpError } from './body.ts'

type TraceId = Pick<TraceRow, 'no' | 'id'>
const PAGE = 1000

export function downloadTrace(engine: Engine, row: TraceRow, format: string, response: ServerResponse): void {
  if (format === 'otlp') {
    const requests = [...exportTraces(engine.store, [row]), ...exportLogs(engine.store, logsOf(engine.store, row.id))]
    const parts = requests.map((text) => JSON.parse(text) as Record<string, unknown[]>)
    const merge = (key: string) => parts.flatMap((part) => part[key] ?? [])
    const whole = { resourceSpans: merge('resourceSpans'), resourceLogs: merge('resourceLogs') }
    send(response, `trace-${row.id}.otlp.json`, 'application/json', JSON.stringify(whole))
  } else if (format === 'chrome') {
    const events = JSON.stringify(toChromeTrace(placeTrace(engine, row, { alignClocks: false })))
    send(response, `trace-${row.id}.chrome.json`, 'application/json', events)
  } else if (format === 'markdown') {
    send(
      response,
      `trace-${row.id}.md`,
      'text/markdown; charset=utf-8',
      traceMarkdown(traceDetail(engine, row, { attributes: true }), logsOfTrace(engine, row.id).logs),
    )
  } else throw new HttpError(400, 'bad_parameter', 'format is otlp, chrome or markdown.')
}

/** One OTLP JSON request a line, written as fast as the other side reads. */
export async function downloadAll(engine: Engine, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const lines = exportLines(engine, query)
  const first = await lines.next() // a bad query answers 400 instead of an empty file
  name(response, 'telemetry.otlp.jsonl', 'application/x-ndjson')
  try {
    await pipeline(Readable.from(textOf(first, lines)), response)
  } catch (error) {
    // the other side has gone
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}

async function* textOf(first: IteratorResult<string>, rest: AsyncIterator<string>): AsyncGenerator<string> {
  for (let line = first; !line.done; line = await rest.next()) yield `${line.value}\n`
}

async function* exportLines(engine: Engine, query: URLSearchParams): AsyncGenerator<string> {
  const signals = new Set((query.get('signals') ?? 'traces,logs,metrics').split(','))
  for (const signal of signals)
    if (!['traces', 'logs', 'metrics'].includes(signal))
      throw new HttpError(400, 'bad_parameter', 'signals is a list of traces, logs and metrics.')
  const { store } = engine
  const ofTraces = query.has('q') || query.has('trace') || query.has('service') || query.has('run')
  for await (const page of tracePages(engine, query)) {
    if (signals.has('traces')) yield* exportTraces(store, page)
    if (signals.has('logs') && ofTraces) for (const { id } of page) yield* exportLogs(store, logsOf(store, id))
  }
  if (signals.has('logs') && !ofTraces) for (const page of logPages(store, query)) yield* exportLogs(store, page)
  if (signals.has('metrics')) yield* exportMetrics(store)
}

async function* tracePages(engine: Engine, query: URLSearchParams): AsyncGenerator<readonly TraceId[]> {
  const named = query.getAll('trace')
  if (named.length > 0) {
    const find = engine.store.database.prepare('SELECT no, id FROM trace WHERE id = ?')
    yield named.flatMap((id) => (find.get(id.toLowerCase()) as TraceId | undefined) ?? [])
    return
  }
  const selection = selectTraces(engine, query)
  for (let cursor: readonly number[] | undefined; ; ) {
    const page = await findTraces(engine, selection, { sort: sortOf(query), limit: PAGE, cursor })
    yield page.rows
    if (page.next === null) return
    cursor = page.next
  }
}

function* logPages({ database }: Store, query: URLSearchParams): Generator<LogColumns[]> {
  const { fromUs, toUs } = readWindow(query)
  const select = database.prepare('SELECT * FROM log WHERE id > ? AND time_us BETWEEN ? AND ? ORDER BY id LIMIT ?')
  for (let last = 0; ; ) {
    const rows = select.all(last, fromUs, toUs, PAGE) as unknown as LogColumns[]
    if (rows.length === 0) return
    yield rows
    last = rows.at(-1)!.id
  }
}

function logsOf({ database }: Store, traceId: string): LogColumns[] {
  return database
    .prepare('SELECT * FROM log WHERE trace_id = ? ORDER BY time_us, time_rem, id')
    .all(traceId) as unknown as LogColumns[]
}

function send(response: ServerResponse, file: string, type: string, text: string): void {
  name(response, file, type)
  response.end(text)
}

function name(response: ServerResponse, file: string, type: string): void {
  response.setHeader('content-type', type)
  response.setHeader('content-disposition', `attachment; filename="${file}"`)
  response.setHeader('cache-control', 'no-store')
}
