/** The list of traces, page after page; it stays still while one reads and counts what has arrived meanwhile. */
import { type ReadonlySignal, type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { TraceList, TraceSummary } from '../../../api.ts'
import { get, RequestError } from '../../lib/api.ts'
import { frozen, revision, setFrozen, tick } from '../../lib/live.ts'
import { type Params, param } from '../../lib/location.tsx'
import { windowParams } from '../../lib/window.ts'

const PAGE = 200
/** What was found in so long is shown; then the search goes on. */
const WAIT_MILLIS = 150

export interface TraceListState {
  readonly traces: readonly TraceSummary[]
  readonly error: RequestError | undefined
  readonly isLoading: boolean
  readonly hasMore: boolean
  /** The scan budget ended before all data was looked at. */
  readonly isPartial: boolean
  /** Names in the query that nothing stored has, when nothing was found. */
  readonly unknownFields: readonly string[]
  /** Traces that have arrived since the list was held. */
  readonly arrived: number
  more(): void
  /** Whether one is reading further down: then the list must not move. */
  hold(isHeld: boolean): void
  /** Shows what has arrived. */
  refresh(): void
}

interface Answer {
  readonly traces: readonly TraceSummary[]
  readonly next: string | null
  readonly partial: boolean
  readonly unknownFields: readonly string[]
  readonly error: RequestError | undefined
  readonly isLoading: boolean
}
const NOTHING: Answer = {
  traces: [],
  next: null,
  partial: false,
  unknownFields: [],
  error: undefined,
  isLoading: true,
}

/** What list, facets and scatter are asked for. Reads signals. */
export const listParams = (): Params => ({ ...windowParams(), q: param('q') })

export function useTraceList(): TraceListState {
  const answer = useSignal(NOTHING)
  const held = useSignal(false)
  const generation = useSignal(0)
  const asked = useRef<AbortController | undefined>(undefined)
  const sort = useComputed(() => param('sort'))
  const shownTotal = useSignal<number | undefined>(undefined)

  /** @param wanted how many traces there were before a search that goes on */
  const ask = async (cursor: string | null, wanted?: number): Promise<void> => {
    asked.current?.abort()
    const abort = new AbortController()
    asked.current = abort
    const query = { ...listParams(), sort: sort.peek(), limit: PAGE, wait: WAIT_MILLIS, cursor }
    answer.value = { ...answer.peek(), isLoading: true }
    try {
      const list = await get<TraceList>('traces', query, abort.signal)
      const before = cursor === null ? [] : answer.peek().traces
      const traces = joined(before, list.traces)
      const goesOn = list.partial && traces.length - (wanted ?? before.length) < PAGE
      answer.value = { ...NOTHING, ...list, traces, isLoading: goesOn }
      if (cursor === null) shownTotal.value = tick.peek()?.traces
      if (goesOn) await ask(list.next, wanted ?? before.length)
    } catch (cause) {
      if (abort.signal.aborted) return
      const error = cause instanceof RequestError ? cause : unreachable()
      // While a query is being corrected, what the last one found stays.
      const kept = error.code === 'bad_query' ? answer.peek() : NOTHING
      answer.value = { ...kept, error, isLoading: false }
    }
  }
  useAsking(() => ask(null), held, sort, generation)
  const arrived = useArrived(shownTotal, held)
  const { traces, next, partial, unknownFields, error, isLoading } = answer.value
  return {
    traces,
    error,
    isLoading,
    hasMore: next !== null,
    isPartial: partial,
    unknownFields,
    arrived: arrived.value,
    more() {
      if (next !== null && !answer.peek().isLoading) ask(next)
    },
    hold: (isHeld) => (held.value = isHeld),
    refresh() {
      held.value = false
      if (frozen.peek()) setFrozen(false)
      generation.value++
    },
  }
}

/** Asks anew when the question changes, and when data has changed unless the list is held. */
function useAsking(
  ask: () => void,
  held: ReadonlySignal<boolean>,
  sort: ReadonlySignal<string>,
  generation: ReadonlySignal<number>,
): void {
  const latest = useRef(ask)
  latest.current = ask
  const question = useComputed(() => JSON.stringify([listParams(), sort.value, generation.value]))
  const last = useRef({ question: '', revision: -1 })
  useSignalEffect(() => {
    const next = { question: question.value, revision: held.value ? last.current.revision : revision.value }
    // Being held or let go is no reason of its own: it would throw away the pages that were loaded.
    if (next.question === last.current.question && next.revision === last.current.revision) return
    last.current = next
    latest.current()
  })
}

function useArrived(shownTotal: Signal<number | undefined>, held: ReadonlySignal<boolean>): ReadonlySignal<number> {
  return useComputed(() => {
    if (!held.value && !frozen.value) return 0
    return Math.max(0, (tick.value?.traces ?? 0) - (shownTotal.value ?? tick.value?.traces ?? 0))
  })
}

/** A trace that has moved between two pages is listed once. */
function joined(before: readonly TraceSummary[], added: readonly TraceSummary[]): readonly TraceSummary[] {
  if (before.length === 0) return added
  const known = new Set(before.map(({ traceId }) => traceId))
  return [...before, ...added.filter(({ traceId }) => !known.has(traceId))]
}

const unreachable = (): RequestError =>
  new RequestError(0, { error: { code: 'unreachable', message: 'The viewer does not answer. Was it stopped?' } })
