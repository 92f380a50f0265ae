/** Fetches a trace, a large one page by page, and again when a tick names it; large ones less often. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { FIRST_ROWS, type SpanRow, type TraceDetail } from '../../../api.ts'
import { asRequestError, get, type QueryState } from '../../lib/api.ts'
import { frozen, tick } from '../../lib/live.ts'
import { param } from '../../lib/location.tsx'
import { firstRows, firstRowsAtHand } from './first-rows.ts'

const PAGE_ROWS = 8000
const LARGE = 5000
const REST_MILLIS = { small: 250, large: 4000 }

export function useTrace(traceId: string): QueryState<TraceDetail> {
  const version = useSignal(0)
  const state = useSignal<QueryState<TraceDetail>>(loadingWith(firstRowsAtHand(traceId, param('clocks'))))
  const size = useRef<number>(undefined)
  size.current = state.value.data?.spanCount ?? (state.value.error ? 0 : undefined)
  useSignalEffect(() => {
    version.value
    const clocks = param('clocks')
    const abort = new AbortController()
    const set = (next: QueryState<TraceDetail>) => {
      if (!abort.signal.aborted) state.value = next
    }
    const show = (data: TraceDetail) => set({ data, error: undefined, loading: data.isPartial })
    load(traceId, clocks, abort.signal, show, state.peek().data).catch((error: unknown) =>
      set({ data: undefined, error: asRequestError(error), loading: false }),
    )
    return () => abort.abort()
  })
  useChanges(traceId, version, size)
  return state.value
}

/** Shows the first rows at once, unless more are on the screen already, and the rest as it comes. */
async function load(
  traceId: string,
  clocks: string,
  signal: AbortSignal,
  show: (data: TraceDetail) => void,
  shown: TraceDetail | undefined,
): Promise<void> {
  const page = (from: number, limit: number) => get<TraceDetail>('trace', { traceId, from, limit, clocks }, signal)
  const isGrowing = shown === undefined || shown.isPreview
  let detail = await (isGrowing ? firstRows(traceId, clocks, signal) : page(0, FIRST_ROWS))
  if (detail.isPreview) {
    show(cutOff(detail))
    await painted()
    detail = await page(0, PAGE_ROWS)
  }
  while (detail.isPartial) {
    if (isGrowing) show(cutOff(detail))
    const next = await page(detail.spans.length, PAGE_ROWS)
    // spans have arrived meanwhile: the rows are others
    detail =
      next.spanCount === detail.spanCount && next.spans.length > 0
        ? joined(detail, next)
        : await page(0, next.spanCount)
  }
  show(detail)
}

/** What follows keeps the processor busy, here and in the viewer. A page in the background is not painted: it waits less than a reader would. */
const painted = (): Promise<void> =>
  new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve))
    setTimeout(resolve, 100)
  })

const loadingWith = (rows: TraceDetail | undefined): QueryState<TraceDetail> => ({
  data: rows && cutOff(rows),
  error: undefined,
  loading: true,
})

function joined(before: TraceDetail, next: TraceDetail): TraceDetail {
  const spans = [...before.spans, ...next.spans]
  return {
    ...next,
    spans,
    isPartial: spans.length < next.spanCount,
    criticalPath: [...before.criticalPath, ...next.criticalPath],
    handlers: [...before.handlers, ...next.handlers],
  }
}

/** What is below the last row is not there yet: it is missing from the spans above it. */
function cutOff(detail: TraceDetail): TraceDetail {
  const spans: SpanRow[] = [...detail.spans]
  const last = spans.length - 1
  for (let at = last; at >= 0; at = spans[at]!.parentIndex)
    spans[at] = { ...spans[at]!, descendants: Math.min(spans[at]!.descendants, last - at) }
  return { ...detail, spans }
}

/** @param size of the trace; 0 when there is none, undefined while the first answer is on its way, which the first tick need not repeat */
function useChanges(traceId: string, version: Signal<number>, size: { readonly current: number | undefined }): void {
  const timer = useRef(0)
  const seen = useRef(tick.peek()?.rev)
  useSignalEffect(() => {
    const { rev, changedTraces } = tick.value ?? {}
    const isMissing = size.current === 0
    if (rev === undefined || (frozen.value && !isMissing) || rev === seen.current) return
    seen.current = rev
    if (timer.current !== 0 || !(isMissing || (changedTraces?.includes(traceId) ?? size.current !== undefined))) return
    timer.current = window.setTimeout(
      () => {
        timer.current = 0
        version.value++
      },
      (size.current ?? 0) > LARGE ? REST_MILLIS.large : REST_MILLIS.small,
    )
  })
  useEffect(() => () => clearTimeout(timer.current), [])
}
