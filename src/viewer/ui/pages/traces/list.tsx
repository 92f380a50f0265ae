/** The list of traces: equal ones as one row, moved through by keys. */
import { useSignal } from '@preact/signals'
import { useMemo, useRef } from 'preact/hooks'
import type { TraceSummary } from '../../../api.ts'
import { plural } from '../../lib/format.ts'
import { useKeys } from '../../lib/keys.ts'
import { href, Link, navigate, param, setParams } from '../../lib/location.tsx'
import { VirtualList, type VirtualListHandle } from '../../lib/virtual-list.tsx'
import { TraceGroupRow } from './group-row.tsx'
import { type MenuPlace, RowMenu } from './row-menu.tsx'
import { firstOf, type GroupRow, isSameRow, type Row, rowsOf, singleRows } from './rows.ts'
import { TraceRow, traceHref } from './trace-row.tsx'
import type { TraceListState } from './use-trace-list.ts'

const ROW_HEIGHT = 30
/** Further down than this one is reading. */
const HOLD_BELOW_PIXELS = 40

export function List({ list }: { readonly list: TraceListState }) {
  const { traces } = list
  const chosen = useSignal<readonly string[]>([])
  const opened = useSignal<ReadonlySet<string>>(new Set())
  const menu = useSignal<MenuPlace | null>(null)
  const handle = useRef<VirtualListHandle>(null)
  const isGrouped = param('each') === ''
  const rows = useMemo(
    () => (isGrouped ? rowsOf(traces, opened.value) : singleRows(traces)),
    [traces, isGrouped, opened.value],
  )
  const longestNs = useMemo(() => traces.reduce((most, { durationNs }) => Math.max(most, durationNs), 1), [traces])
  // Traces move down as new ones arrive: what is active is a trace, not a place.
  const cursor = useSignal<{ readonly kind: Row['kind']; readonly traceId: string } | null>(null)
  const active = cursor.value === null ? -1 : rows.findIndex((row) => isSameRow(row, cursor.value!))
  const go = (step: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, active < 0 && Math.abs(step) === 1 ? 0 : active + step))
    const row = rows[next]
    cursor.value = row ? { kind: row.kind, traceId: firstOf(row).traceId } : null
    handle.current?.reveal(next)
    if (next > rows.length - 20) list.more()
  }
  const choose = (traceId: string) => {
    chosen.value = chosen.value.includes(traceId)
      ? chosen.value.filter((one) => one !== traceId)
      : [...chosen.value.slice(-1), traceId]
  }
  const toggle = ({ traces: members, isOpen }: GroupRow) => {
    const next = new Set(opened.value)
    for (const { traceId } of members) {
      if (isOpen) next.delete(traceId)
      else next.add(traceId)
    }
    opened.value = next
  }
  const openMenu = (button: Element | null, traceId: string) => {
    if (button === null) return
    const { right, top, bottom } = button.getBoundingClientRect()
    menu.value = { traceId, right, top, bottom }
  }
  /** The keys that are about one trace. */
  const withTrace = (work: (trace: TraceSummary) => void) => () => {
    const row = rows[active]
    if (row?.kind === 'trace') work(row.trace)
  }
  const open = () => {
    const row = rows[active]
    if (row?.kind === 'group') toggle(row)
    else if (row) navigate(traceHref(row.trace))
  }
  const setOpen = (isOpen: boolean) => {
    const row = rows[active]
    if (row?.kind === 'group' && row.isOpen !== isOpen) toggle(row)
  }
  useKeys([
    { keys: ['j', 'ArrowDown'], label: 'Next row', run: () => go(1) },
    { keys: ['k', 'ArrowUp'], label: 'Previous row', run: () => go(-1) },
    { keys: ['PageDown'], label: 'Twenty rows down', run: () => go(20) },
    { keys: ['PageUp'], label: 'Twenty rows up', run: () => go(-20) },
    { keys: ['Home'], label: 'First row', run: () => go(-1e9) },
    { keys: ['End'], label: 'Last row', run: () => go(1e9) },
    { keys: ['Enter', 'o'], label: 'Open the trace, or equal ones', run: open },
    { keys: ['l', 'ArrowRight'], label: 'Show equal traces', run: () => setOpen(true) },
    { keys: ['h', 'ArrowLeft'], label: 'Hide equal traces', run: () => setOpen(false) },
    { keys: ['x'], label: 'Choose the trace for a comparison', run: withTrace(({ traceId }) => choose(traceId)) },
    {
      keys: ['m'],
      label: 'Actions of the trace',
      run: withTrace(({ traceId }) => openMenu(document.querySelector(`#trace-${active} .more button`), traceId)),
    },
    { keys: ['r'], label: 'Show new traces', run: () => list.refresh() },
  ])
  const [one, other] = chosen.value
  return (
    <>
      <div class="list-bar">
        <span class="dim">
          {plural(traces.length, 'trace')}
          {list.hasMore && ' and more'}
          {list.isPartial && ' (not all looked at yet)'}
        </span>
        <label class="dim">
          <input type="checkbox" checked={isGrouped} onChange={() => setParams({ each: isGrouped ? 1 : null })} /> Group
          similar
        </label>
        {list.arrived > 0 && (
          <button type="button" class="primary" onClick={list.refresh}>
            {list.arrived} new
          </button>
        )}
        {one !== undefined && other !== undefined ? (
          <Link to={href('/compare', { a: one, b: other })}>Compare the two</Link>
        ) : (
          <span class="dim">{one === undefined ? '' : 'Choose another to compare'}</span>
        )}
      </div>
      <div class="trace-grid">
        <Head />
        <VirtualList
          count={rows.length}
          rowHeight={ROW_HEIGHT}
          handle={handle}
          onScroll={(top) => {
            menu.value = null
            list.hold(top > HOLD_BELOW_PIXELS)
            const { clientHeight = 0, scrollHeight = 0 } = handle.current?.element ?? {}
            if (top + clientHeight > scrollHeight - 40 * ROW_HEIGHT) list.more()
          }}
          outer={{
            class: 'trace-rows',
            role: isGrouped ? 'treegrid' : 'grid',
            tabIndex: 0,
            'aria-label': 'Traces: chosen, start, operation, services, duration, spans, logs, errors, actions',
            'aria-rowcount': list.hasMore ? -1 : rows.length,
            'aria-activedescendant': active >= 0 ? `trace-${active}` : undefined,
          }}
          renderRow={(index) => {
            const row = rows[index]!
            const isActive = index === active
            if (row.kind === 'group')
              return (
                <TraceGroupRow
                  key={`group ${firstOf(row).traceId}`}
                  {...{ row, index, longestNs, isActive }}
                  onToggle={() => toggle(row)}
                />
              )
            const { trace, isMember } = row
            return (
              <TraceRow
                key={trace.traceId}
                {...{ trace, index, longestNs, isActive, isMember }}
                isChosen={chosen.value.includes(trace.traceId)}
                onChoose={() => choose(trace.traceId)}
                onMenu={(button) => openMenu(button, trace.traceId)}
              />
            )
          }}
        />
      </div>
      {menu.value && <RowMenu key={menu.value.traceId} at={menu.value} onClose={() => (menu.value = null)} />}
    </>
  )
}

const HEADS: readonly (readonly [label: string, className?: string])[] = [
  ['', 'choose'],
  ['Started', 'started'],
  ['Trace', 'root'],
  ['Services', 'mix'],
  ['Duration', 'length'],
  ['Spans', 'num spans'],
  ['Logs', 'num log-count'],
  ['Errors', 'num'],
  [' ', 'more'],
]

function Head() {
  return (
    <div class="trace-row head" aria-hidden="true">
      {HEADS.map(([label, className]) => (
        <span key={label} class={className}>
          {label}
        </span>
      ))}
    </div>
  )
}
