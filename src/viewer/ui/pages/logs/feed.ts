/** The records on screen: the newest page, older ones on demand, and new ones, which wait while the reader is reading. */
import { batch, signal } from '@preact/signals'
import type { LogList, LogRow } from '../../../api.ts'
import { get, RequestError } from '../../lib/api.ts'
import type { Params } from '../../lib/location.tsx'

const PAGE = 400
const MOST_NEW = 2000
const MOST_ROWS = 50_000

export type LogFeed = ReturnType<typeof createLogFeed>

export function createLogFeed() {
  const rows = signal<readonly LogRow[]>([])
  /** Arrived while the reader was away from the top. */
  const held = signal<readonly LogRow[]>([])
  const next = signal<string | null>(null)
  const error = signal<RequestError | null>(null)
  const loading = signal(true)
  /** Names in the query that nothing stored has, when nothing was found. */
  const unknownFields = signal<readonly string[]>([])
  /** While true, new records are held back. */
  const reading = signal(false)

  let filter: () => Params = () => ({})
  let abort = new AbortController()
  let lastId = 0
  let heldNext: string | null = null
  let isTailing = false
  let isMissed = false
  let isPaging = false

  async function guard(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = abort
    try {
      await work(signal)
    } catch (problem) {
      if (signal.aborted) return
      batch(() => {
        loading.value = false
        error.value =
          problem instanceof RequestError
            ? problem
            : new RequestError(0, { error: { code: 'unreachable', message: 'The viewer does not answer.' } })
      })
    }
  }

  /** Starts anew with another filter; what is shown stays until the answer is here. */
  function open(nextFilter: () => Params): Promise<void> {
    abort.abort()
    abort = new AbortController()
    filter = nextFilter
    isTailing = isMissed = isPaging = false
    loading.value = true
    return guard(async (signal) => {
      const list = await get<LogList>('logs', { ...filter(), limit: PAGE }, signal)
      if (signal.aborted) return
      batch(() => {
        lastId = list.lastId
        rows.value = list.logs
        unknownFields.value = list.unknownFields
        next.value = list.next
        held.value = []
        heldNext = null
        error.value = null
        loading.value = false
      })
    })
  }

  /** Asks for what was stored since; one request at a time. */
  function tail(): Promise<void> {
    if (loading.peek()) return Promise.resolve()
    const problem = error.peek()
    // what the reader asked wrongly stays wrong; anything else may have passed
    if (problem !== null) return problem.status === 400 ? Promise.resolve() : open(filter)
    if (isTailing) {
      isMissed = true
      return Promise.resolve()
    }
    isTailing = true
    return guard(async (signal) => {
      do {
        isMissed = false
        const list = await get<LogList>('logs', { ...filter(), after: lastId, limit: MOST_NEW }, signal)
        if (signal.aborted) return
        if (list.lastId < lastId) return open(filter) // all was forgotten
        lastId = list.lastId
        arrive(list)
      } while (isMissed)
      isTailing = false
    }).finally(() => {
      if (!abort.signal.aborted) isTailing = false
    })
  }

  function arrive(list: LogList): void {
    if (list.logs.length === 0) return
    // more than one answer holds: what is between would be missing, so the list starts at the new ones
    const isGap = list.next !== null
    if (isGap) heldNext = list.next
    held.value = isGap ? list.logs : merge(list.logs, held.peek())
    if (!reading.peek()) release()
  }

  /** Shows what waited. */
  function release(): void {
    batch(() => {
      rows.value = heldNext === null ? merge(held.peek(), rows.peek()).slice(0, MOST_ROWS) : held.peek()
      if (heldNext !== null) next.value = heldNext
      heldNext = null
      held.value = []
    })
  }

  /** The page before the oldest record shown. */
  function more(): Promise<void> {
    const cursor = next.peek()
    if (cursor === null || isPaging || rows.peek().length >= MOST_ROWS) return Promise.resolve()
    isPaging = true
    return guard(async (signal) => {
      const list = await get<LogList>('logs', { ...filter(), cursor, limit: PAGE }, signal)
      if (signal.aborted) return
      isPaging = false
      if (next.peek() !== cursor) return
      batch(() => {
        rows.value = merge(rows.peek(), list.logs)
        next.value = list.next
      })
    })
  }

  return {
    rows,
    held,
    next,
    error,
    loading,
    reading,
    unknownFields,
    open,
    tail,
    release,
    more,
    close: () => abort.abort(),
  }
}

/** Newest first, each record once. */
export function merge(a: readonly LogRow[], b: readonly LogRow[]): LogRow[] {
  const known = new Set(b.map(({ id }) => id))
  return [...a.filter(({ id }) => !known.has(id)), ...b].sort((x, y) => y.timeUs - x.timeUs || y.id - x.id)
}
