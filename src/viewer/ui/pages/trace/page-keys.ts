/** The keys of the trace page. */
import { copy } from '../../lib/copy.ts'
import { useKeys } from '../../lib/keys.ts'
import { href, navigate, setParams } from '../../lib/location.tsx'
import { panBy, zoomBy } from './minimap.tsx'
import type { TraceState } from './state.ts'
import { goTo } from './toolbar.tsx'

export function useTraceKeys(state: TraceState): void {
  const position = () => state.lines.peek().findIndex(({ key }) => key === state.cursor.peek())
  const line = () => state.lines.peek()[position()]
  const move = (step: number) => {
    const { length } = state.lines.peek()
    const at = position()
    const next = Math.max(0, Math.min(length - 1, at + step))
    if (length > 0) state.select(state.lines.peek()[next]!.key)
  }
  const collapse = () => {
    const current = line()
    if (current?.isOpen) return state.setOpen(current, false)
    const lines = state.lines.peek()
    const above = current && lines.slice(0, position()).findLast(({ level }) => level < current.level)
    if (above) state.select(above.key)
  }
  const expand = () => {
    const current = line()
    if (!current) return move(1)
    const canOpen = current.kind === 'fold' || current.span.children > 0
    if (canOpen && !current.isOpen) state.setOpen(current, true)
    else if (canOpen) move(1)
  }
  const errors = () =>
    state.detail
      .peek()
      .spans.filter(({ error, index }) => error && state.isWithin(index))
      .map(({ index }) => index)
  const matches = () => [...(state.matches.peek() ?? [])].filter(state.isWithin).sort((one, other) => one - other)
  const open = (traceId: string | null) => {
    if (traceId !== null) navigate(href(`/traces/${traceId}`))
  }
  useKeys([
    { keys: ['j', 'ArrowDown'], label: 'Next row', run: () => move(1) },
    { keys: ['k', 'ArrowUp'], label: 'Previous row', run: () => move(-1) },
    { keys: ['h', 'ArrowLeft'], label: 'Collapse, or go to the parent', run: collapse },
    { keys: ['l', 'ArrowRight'], label: 'Expand, or go to the first child', run: expand },
    { keys: ['PageDown'], label: 'Twenty rows down', run: () => move(20) },
    { keys: ['PageUp'], label: 'Twenty rows up', run: () => move(-20) },
    { keys: ['Home'], label: 'First row', run: () => move(-1e9) },
    { keys: ['End'], label: 'Last row', run: () => move(1e9) },
    { keys: ['e'], label: 'Next error', run: () => goTo(state, errors(), 1) },
    { keys: ['E'], label: 'Previous error', run: () => goTo(state, errors(), -1) },
    { keys: ['n'], label: 'Next match', run: () => goTo(state, matches(), 1) },
    { keys: ['N'], label: 'Previous match', run: () => goTo(state, matches(), -1) },
    {
      keys: ['c'],
      label: 'Critical path only',
      run: () => setParams({ critical: state.criticalOnly.peek() ? null : 1 }),
    },
    {
      keys: ['f'],
      label: 'Focus on the span and what is below it, or leave that',
      run: () => {
        const span = state.selected.peek()
        state.setFocus(span?.spanId === state.focus.peek()?.spanId ? undefined : (span ?? undefined))
      },
    },
    { keys: ['w'], label: 'Zoom in', run: () => zoomBy(state, 0.6) },
    { keys: ['s'], label: 'Zoom out', run: () => zoomBy(state, 1 / 0.6) },
    { keys: ['a'], label: 'Earlier', run: () => panBy(state, -0.25) },
    { keys: ['d'], label: 'Later', run: () => panBy(state, 0.25) },
    { keys: ['Enter'], label: 'Details of the row', run: () => (state.panelOpen.value = state.cursor.peek() !== '') },
    {
      keys: ['Escape'],
      label: 'Close details, then deselect',
      run: () => {
        if (state.panelOpen.peek()) state.panelOpen.value = false
        else state.select('')
      },
    },
    { keys: ['['], label: 'Previous trace', run: () => open(state.detail.peek().previousTraceId) },
    { keys: [']'], label: 'Next trace', run: () => open(state.detail.peek().nextTraceId) },
    { keys: ['y'], label: 'Copy a link to this view', run: () => copy(location.href, 'Link copied') },
  ])
}
