/** The member `ot` of tracestate: its threshold, by which a trace was kept, and its randomness; both are read and written here. */
import type { TraceState } from '@opentelemetry/api'
import { EMPTY_TRACE_STATE } from '../../context/trace-state.ts'

/** The randomness of a trace has 56 bits, 14 hex digits: all comparisons are of texts of that length. */
export const DIGITS = 14

const VENDOR = 'ot'
const THRESHOLD = /^[0-9a-f]{1,14}$/
const RANDOMNESS = /^[0-9a-f]{14}$/

/** As it is written, without the zeros at its end. */
export const readThreshold = (state: TraceState | undefined): string | undefined => readPart(state, 'th', THRESHOLD)

export const readRandomness = (state: TraceState | undefined): string | undefined => readPart(state, 'rv', RANDOMNESS)

/**
 * The state with that threshold, or without one; what else stands under `ot` is kept.
 * @returns `undefined` where the state stays as it is
 * @see https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/
 */
export function withThreshold(state: TraceState | undefined, threshold: string | undefined): TraceState | undefined {
  const before = state?.get(VENDOR)
  const others = (before?.split(';') ?? []).filter((item) => item !== '' && !item.startsWith('th:'))
  const after = [...(threshold === undefined ? [] : [`th:${trimZeros(threshold)}`]), ...others].join(';')
  if (after === (before ?? '')) return undefined
  return after === '' ? state?.unset(VENDOR) : (state ?? EMPTY_TRACE_STATE).set(VENDOR, after)
}

export const trimZeros = (threshold: string): string => threshold.replace(/0+$/, '') || '0'

function readPart(state: TraceState | undefined, name: 'th' | 'rv', legal: RegExp): string | undefined {
  const part = state
    ?.get(VENDOR)
    ?.split(';')
    .find((item) => item.startsWith(`${name}:`))
  const value = part?.slice(name.length + 1)
  return value !== undefined && legal.test(value) ? value : undefined
}
