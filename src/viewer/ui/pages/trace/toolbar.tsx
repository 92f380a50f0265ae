/** Above the waterfall: search within the trace, and what to show. */
import { useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { TraceSearch } from '../../../api.ts'
import { get } from '../../lib/api.ts'
import { count } from '../../lib/format.ts'
import { IN_PLACE, param, setParams } from '../../lib/location.tsx'
import { parseDuration } from './duration.ts'
import type { TraceState } from './state.ts'

interface ToolbarProps {
  readonly state: TraceState
  /** Whether there are rows to filter and collapse. */
  readonly isTree: boolean
}

export function Toolbar({ state, isTree }: ToolbarProps) {
  return (
    <div class="trace-tools">
      <Search state={state} />
      <Focus state={state} />
      {isTree && <TreeTools state={state} />}
    </div>
  )
}

function TreeTools({ state }: { readonly state: TraceState }) {
  return (
    <>
      <Toggle name="critical" label="Critical path only" isOn={state.criticalOnly.value} />
      <span class="critical-key dim">critical path</span>
      <Toggle name="errors" label="Errors only" isOn={state.errorsOnly.value} />
      <LeastDuration state={state} />
      <button type="button" class="quiet" onClick={() => state.collapseAll(true)}>
        Collapse all
      </button>
      <button type="button" class="quiet" onClick={() => state.collapseAll(false)}>
        Expand all
      </button>
    </>
  )
}

function Toggle({ name, label, isOn }: { readonly name: string; readonly label: string; readonly isOn: boolean }) {
  return (
    <button type="button" aria-pressed={isOn} onClick={() => setParams({ [name]: isOn ? null : '1' })}>
      {label}
    </button>
  )
}

/** Hides what is too short to matter. */
function LeastDuration({ state }: { readonly state: TraceState }) {
  const text = useSignal(param('min'))
  // it may be taken back elsewhere
  const isCurrent = (parseDuration(text.value) ?? 0) === state.leastNs.value
  const isBad = text.value.trim() !== '' && parseDuration(text.value) === undefined
  return (
    <label class="least dim">
      At least{' '}
      <input
        class="mono"
        size={6}
        placeholder="1ms"
        aria-invalid={isBad}
        title="Hide shorter spans, such as 500us, 1ms or 2s"
        value={isCurrent ? text.value : param('min')}
        onInput={(event) => {
          text.value = event.currentTarget.value
          const ns = parseDuration(text.value)
          setParams({ min: ns === undefined || ns === 0 ? null : text.value.replace(/\s/g, '') }, IN_PLACE)
        }}
      />
      {state.tooShort.value > 0 && ` ${count(state.tooShort.value)} hidden`}
    </label>
  )
}

/** One span and what is below it. */
function Focus({ state }: { readonly state: TraceState }) {
  const focus = state.focus.value
  if (focus === undefined)
    return (
      <button
        type="button"
        title="Show only the selected span and what is below it (f)"
        disabled={state.selected.value === undefined}
        onClick={() => state.setFocus(state.selected.peek())}
      >
        Focus
      </button>
    )
  return (
    <span class="chip">
      <span class="ellipsis">{focus.name}</span>
      <button
        type="button"
        class="quiet"
        aria-label="Leave the focus"
        title="Show the whole trace (f)"
        onClick={() => state.setFocus(undefined)}
      >
        ✕
      </button>
    </span>
  )
}

function Search({ state }: { readonly state: TraceState }) {
  const text = useSignal(param('find'))
  const error = useSignal('')
  const input = useRef<HTMLInputElement>(null)
  useSignalEffect(() => {
    const q = text.value.trim()
    const { traceId } = state.detail.value
    error.value = ''
    if (q === '') {
      state.matches.value = null
      setParams({ find: null }, IN_PLACE)
      return
    }
    const abort = new AbortController()
    const timer = setTimeout(async () => {
      setParams({ find: q }, IN_PLACE)
      try {
        const { indexes } = await get<TraceSearch>('traceSearch', { traceId, q, clocks: param('clocks') }, abort.signal)
        state.matches.value = new Set(indexes)
      } catch (cause) {
        if (!abort.signal.aborted) error.value = (cause as Error).message
      }
    }, 180)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  })
  const matches = state.matches.value
  const list = matches === null ? [] : [...matches].sort((one, other) => one - other)
  const at = list.indexOf(state.selected.value?.index ?? -1)
  return (
    <search class="find">
      <input
        ref={input}
        type="search"
        class="mono"
        aria-label="Search in this trace"
        placeholder="Find in the trace…"
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault()
            goTo(state, list, event.shiftKey ? -1 : 1)
          } else if (event.key === 'Escape') {
            text.value = ''
            input.current!.blur()
          }
        }}
      />
      <output class={error.value === '' ? 'dim' : 'error'}>
        {error.value !== '' ? error.value : matches !== null && `${at >= 0 ? `${at + 1} of ` : ''}${list.length}`}
      </output>
      {list.length > 0 && (
        <>
          <button type="button" aria-label="Previous match" onClick={() => goTo(state, list, -1)}>
            ↑
          </button>
          <button type="button" aria-label="Next match" onClick={() => goTo(state, list, 1)}>
            ↓
          </button>
        </>
      )}
    </search>
  )
}

/** Selects the next of some spans in the order of the tree, and begins again at the end. */
export function goTo(state: TraceState, sorted: readonly number[], step: 1 | -1): void {
  if (sorted.length === 0) return
  const at = state.selected.peek()?.index ?? -1
  const next = step > 0 ? sorted.find((index) => index > at) : sorted.findLast((index) => index < at)
  state.reveal(next ?? (step > 0 ? sorted[0]! : sorted.at(-1)!))
}
