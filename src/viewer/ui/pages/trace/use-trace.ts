/** Fetches a trace and fetches it again when a tick names it; large ones less often. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { TraceDetail } from '../../../api.ts'
import { type QueryState, urlOf, useQuery } from '../../lib/api.ts'
import { frozen, tick } from '../../lib/live.ts'

const LARGE = 5000
const REST_MILLIS = { small: 250, large: 4000 }

export function useTrace(traceId: string): QueryState<TraceDetail> {
  const version = useSignal(0)
  const state = useQuery<TraceDetail>(() => (version.value >= 0 ? urlOf('trace', { traceId }) : null), { live: false })
  const size = useRef(0)
  size.current = state.data?.spans.length ?? 0
  useChanges(traceId, version, size)
  return state
}

function useChanges(traceId: string, version: Signal<number>, size: { readonly current: number }): void {
  const timer = useRef(0)
  const seen = useRef(tick.peek()?.rev)
  useSignalEffect(() => {
    const { rev, changedTraces } = tick.value ?? {}
    const isMissing = size.current === 0
    if (rev === undefined || (frozen.value && !isMissing) || rev === seen.current) return
    seen.current = rev
    if (timer.current !== 0 || !(isMissing || (changedTraces?.includes(traceId) ?? true))) return
    timer.current = window.setTimeout(
      () => {
        timer.current = 0
        version.value++
      },
      size.current > LARGE ? REST_MILLIS.large : REST_MILLIS.small,
    )
  })
  useEffect(() => () => clearTimeout(timer.current), [])
}
