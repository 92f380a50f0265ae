/** Reads the traces of a run from a viewer, once nothing comes any more. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TraceDetail } from '../api.ts'
import type { ViewerClient } from '../process/client.ts'

const PAGE = 500
/** After the command has ended its last data may still come: until none has come for this long ... */
const QUIET_MILLIS = 300
/** ... but no longer than this. */
const LAST_MILLIS = 5000
const LOOK_EVERY_MILLIS = 50
/** Package managers look for newer versions of themselves: nobody tests that. */
const TOOL = /(^|[\\/])(npm|npx|yarn|pnpm|corepack)(-cli)?(\.c?js)?$/

export async function untilQuiet(client: ViewerClient): Promise<void> {
  const end = performance.now() + LAST_MILLIS
  let before = -1
  let quietSince = performance.now()
  while (performance.now() < end) {
    const { ingest } = await client.get('status')
    const now = performance.now()
    if (ingest.requests !== before) quietSince = now
    else if (now - quietSince > QUIET_MILLIS) return
    before = ingest.requests
    await sleep(LOOK_EVERY_MILLIS)
  }
}

export async function collectTraces(client: ViewerClient, query: string | undefined): Promise<TraceDetail[]> {
  const traces: TraceDetail[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await client.get('traces', { q: query, sort: 'oldest', limit: PAGE, cursor })
    for (const { traceId } of page.traces) {
      const trace = await client.get('trace', { traceId, attributes: 1 })
      if (!isOfTool(trace)) traces.push(trace)
    }
    if (page.next === null) return traces
    cursor = page.next
  }
}

function isOfTool({ resources }: TraceDetail): boolean {
  return (
    resources.length > 0 && resources.every(({ attributes }) => TOOL.test(String(attributes['process.command'] ?? '')))
  )
}
