/** Fetches a trace and fetches it again when a tick names it; large ones less often. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { SpanRow, TraceDetail } from '../../../api.ts'
import { type QueryState, urlOf, useQuery } from '../../lib/api.ts'
import { frozen, tick } from '../../lib/live.ts'
import { param } from '../../lib/location.tsx'

/** More than fit on a screen; the rest is asked for when they are shown. */
const FIRST_ROWS = 500
const LARGE = 5000
const REST_MILLIS = { small: 250, large: 4000 }

export function useTrace(traceId: string): QueryState<TraceDetail> {
  const version = useSignal(0)
  const wantsAll = useSignal(false)
  const state = useQuery<TraceDetail>(
    () =>
      version.value >= 0
        ? urlOf('trace', { traceId, limit: wantsAll.value ? null : FIRST_ROWS, clocks: param('clocks') })
        : null,
    { live: false },
  )
  const size = useRef<number>(undefined)
  size.current = state.data?.spanCount ?? (state.error ? 0 : undefined)
  const isPartial = state.data?.isPartial ?? false
  useEffect(() => {
    if (isPartial) wantsAll.value = true
  }, [isPartial])
  useChanges(traceId, version, size)
  const data = useMemo(() => state.data && cutOff(state.data), [state.data])
  return { ...state, data }
}

/** What is below the last row is not there yet. */
function cutOff(detail: TraceDetail): TraceDetail {
  if (!detail.isPartial) return detail
  const { spans } = detail
  const clip = (span: SpanRow): SpanRow => ({
    ...span,
    descendants: Math.min(span.descendants, spans.length - 1 - span.index),
  })
  return { ...detail, spans: spans.map(clip) }
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
