/** Server-sent ticks: says that something changed, at most four times a second, so that pages fetch what they show. */
import type { ServerResponse } from 'node:http'
import type { Tick } from '../api.ts'
import type { Store } from '../store/store.ts'

export interface Ticks {
  /** Streams to this response until it closes. False when there are too many streams. */
  open(response: ServerResponse): boolean
  readonly clients: number
  close(): void
}

const EVERY_MILLIS = 250
const COMMENT_EVERY_MILLIS = 15_000
const MAX_CLIENTS = 64
const MAX_CHANGED = 50
const MAX_BACKLOG_BYTES = 64 * 1024

export function createTicks(store: Store, countInsights: () => number): Ticks {
  const clients = new Set<ServerResponse>()
  let changed: Set<string> | null = new Set()
  let lastRev = -1
  let timer: NodeJS.Timeout | undefined
  let comment: NodeJS.Timeout | undefined

  const stopListening = store.onChange(({ traces }) => {
    if (clients.size === 0) return
    for (const { id } of traces) changed?.add(id)
    if (changed && changed.size > MAX_CHANGED) changed = null
  })

  return {
    get clients() {
      return clients.size
    },
    open(response) {
      if (clients.size >= MAX_CLIENTS) return false
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write('retry: 1000\n\n')
      clients.add(response)
      response.on('close', () => {
        clients.delete(response)
        if (clients.size === 0) stopTimers()
      })
      response.write(format(tick(null)))
      timer ??= setInterval(sendIfChanged, EVERY_MILLIS).unref()
      comment ??= setInterval(() => broadcast(': still here\n\n'), COMMENT_EVERY_MILLIS).unref()
      return true
    },
    close() {
      stopListening()
      stopTimers()
      for (const client of clients) client.end()
      clients.clear()
    },
  }

  function sendIfChanged(): void {
    if (store.rev === lastRev) return
    lastRev = store.rev
    broadcast(format(tick(changed ? [...changed] : null)))
    changed = new Set()
  }

  function tick(changedTraces: readonly string[] | null): Tick {
    const { spans, logs, metricPoints } = store.retention.totals
    const { n } = store.database.prepare('SELECT count(*) AS n FROM trace').get() as { n: number }
    const { rev, problem } = store
    return { rev, traces: n, spans, logs, metricPoints, insights: countInsights(), problem, changedTraces }
  }

  /** A page that does not read is left out, so that it costs no memory: the next tick tells it all. */
  function broadcast(text: string): void {
    for (const client of clients) if (client.writableLength < MAX_BACKLOG_BYTES) client.write(text)
  }

  function stopTimers(): void {
    clearInterval(timer)
    clearInterval(comment)
    timer = comment = undefined
  }
}

function format(tick: Tick): string {
  return `event: tick\ndata: ${JSON.stringify(tick)}\n\n`
}
