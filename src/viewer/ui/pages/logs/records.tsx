/** The list of records: newest on top, one of them open, those of one trace standing out. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { LogRow } from '../../../api.ts'
import type { RequestError } from '../../lib/api.ts'
import { serviceClass, severityClass } from '../../lib/colors.ts'
import { logVersion } from '../../lib/counters.ts'
import { count, plural, time } from '../../lib/format.ts'
import { useKeys } from '../../lib/keys.ts'
import { href, Link, param, setParams } from '../../lib/location.tsx'
import { Empty, Failed, Loading } from '../../lib/states.tsx'
import { VirtualList, type VirtualListHandle } from '../../lib/virtual-list.tsx'
import { createLogFeed } from './feed.ts'
import { filterKey, logParams } from './params.ts'
import { Record } from './record.tsx'
import { spanLink } from './span-link.ts'

const ROW = 24
/** The open record takes the place of so many rows at most; it scrolls when it is longer. */
const MAX_DETAIL_ROWS = 20
/** Around what the open record shows. */
const DETAIL_PADDING = 18
const FIRST_HEIGHT = 200
const MORE_BEFORE_END = 60

interface Props {
  /** Tells what is wrong with the query, for the box that it is typed in; undefined when nothing is. */
  readonly onBadQuery: (error: RequestError | undefined) => void
}

export function Records({ onBadQuery }: Props) {
  const feed = useRef<ReturnType<typeof createLogFeed>>(null)
  feed.current ??= createLogFeed()
  const { rows, held, next, error, loading, reading, open, tail, release, more, close } = feed.current
  const list = useRef<VirtualListHandle>(null)
  const cursor = useSignal<number | null>(null)
  const scrolled = useSignal(false)
  const measured = useSignal<{ readonly id: number; readonly height: number } | null>(null)
  const key = filterKey()
  useEffect(() => {
    scrolled.value = false
    if (list.current?.element) list.current.element.scrollTop = 0
    open(logParams)
  }, [key])
  const seen = logVersion.value
  useEffect(() => {
    tail()
  }, [seen])
  useEffect(() => close, [])
  useEffect(() => {
    onBadQuery(error.value?.code === 'bad_query' ? error.value : undefined)
  }, [error.value])

  const trace = param('trace')
  const all = rows.value
  const openId = param('open') === '' ? null : Number(param('open'))
  const openAt = openId === null ? -1 : all.findIndex(({ id }) => id === openId)
  const openRows = openAt < 0 ? 0 : detailRows(measured.value?.id === openId ? measured.value.height : FIRST_HEIGHT)
  const onHeight = (height: number) => (measured.value = openId === null ? null : { id: openId, height })
  const cursorAt = cursor.value === null ? -1 : all.findIndex(({ id }) => id === cursor.value)
  const placeOf = (at: number): number => (openAt >= 0 && at > openAt ? at + openRows : at)

  useEffect(() => {
    reading.value = scrolled.value || openAt >= 0
    if (!reading.value && held.value.length > 0) release()
  }, [scrolled.value, openAt >= 0])

  const toTop = (): void => {
    scrolled.value = false
    release()
    if (list.current?.element) list.current.element.scrollTop = 0
  }
  const moveTo = (at: number): void => {
    const row = all[Math.max(0, Math.min(all.length - 1, at))]
    if (!row) return
    cursor.value = row.id
    list.current?.reveal(placeOf(all.indexOf(row)))
  }
  const toggle = (row: LogRow | undefined): void => {
    if (!row) return
    cursor.value = row.id
    setParams({ open: row.id === openId ? null : row.id })
  }
  const moveInTrace = (step: 1 | -1): void => {
    if (trace === '') return
    const matches = all.flatMap((row, at) => (row.traceId === trace ? [at] : []))
    const found = step > 0 ? matches.find((at) => at > cursorAt) : matches.findLast((at) => at < cursorAt)
    moveTo(found ?? (step > 0 ? matches[0] : matches.at(-1)) ?? cursorAt)
  }
  useKeys([
    { keys: ['j', 'ArrowDown'], label: 'Next record', run: () => moveTo(cursorAt + 1) },
    { keys: ['k', 'ArrowUp'], label: 'Previous record', run: () => moveTo(cursorAt - 1) },
    { keys: ['PageDown'], label: 'Twenty on', run: () => moveTo(cursorAt + 20) },
    { keys: ['PageUp'], label: 'Twenty back', run: () => moveTo(cursorAt - 20) },
    { keys: ['Home'], label: 'Newest record', run: toTop },
    { keys: ['n'], label: 'Next record of the trace', run: () => moveInTrace(1) },
    { keys: ['N'], label: 'Previous record of the trace', run: () => moveInTrace(-1) },
    { keys: ['Escape'], label: 'Close the record', run: () => setParams({ open: null }) },
  ])

  if (error.value) return error.value.code === 'bad_query' ? null : <Failed error={error.value} />
  if (all.length === 0) {
    if (loading.value) return <Loading />
    return (
      <Empty title="No log records">
        <p>
          {param('q') === '' && trace === ''
            ? 'Records of console, pino, winston and the OpenTelemetry Logs API arrive here when logs are on.'
            : 'Nothing meets the query in this window.'}
        </p>
      </Empty>
    )
  }
  return (
    <>
      {trace !== '' && <TraceBar trace={trace} rows={all} onMove={moveInTrace} />}
      <div class="log-frame">
        {held.value.length > 0 && (
          <button type="button" class="primary log-new" onClick={toTop}>
            {plural(held.value.length, 'new record')} ↑
          </button>
        )}
        <VirtualList
          count={all.length + openRows}
          rowHeight={ROW}
          overscan={MAX_DETAIL_ROWS + 1}
          handle={list}
          onScroll={(top) => {
            scrolled.value = top > ROW
            const height = list.current?.element?.clientHeight ?? 0
            if (next.value !== null && (top + height) / ROW > all.length - MORE_BEFORE_END) more()
          }}
          outer={{
            class: `log-list ${trace === '' ? '' : 'tracing'} ${time(all.at(-1)!.timeUs).length > 12 ? 'dated' : ''}`,
            role: 'treegrid',
            'aria-label': 'Log records, newest first',
            'aria-rowcount': all.length,
            'aria-activedescendant': cursorAt < 0 ? undefined : `log-${cursor.value}`,
            tabIndex: 0,
            onKeyDown: (event) => {
              if (event.key !== 'Enter' || event.target !== event.currentTarget) return
              event.preventDefault()
              toggle(all[cursorAt < 0 ? 0 : cursorAt])
            },
          }}
          renderRow={(place) => {
            if (openAt >= 0 && place > openAt && place <= openAt + openRows)
              return renderOpen(all[openAt]!, place - openAt - 1, openRows, onHeight)
            const at = openAt >= 0 && place > openAt ? place - openRows : place
            const row = all[at]!
            return (
              <Row
                key={row.id}
                {...{ row, at }}
                isOpen={at === openAt}
                isCurrent={at === cursorAt}
                isTraced={trace !== '' && row.traceId === trace}
                onToggle={() => toggle(row)}
              />
            )
          }}
        />
      </div>
      <p class="log-foot dim" role="status">
        {count(all.length)} shown{next.value === null ? ', which is all' : ''}
        {reading.value && ' · held while you read'}
      </p>
    </>
  )
}

/* biome-ignore-start lint/a11y/useSemanticElements: rows of a virtual list are no table */
/* biome-ignore-start lint/a11y/useFocusableInteractive: the grid has the focus */
/* biome-ignore-start lint/a11y/useKeyWithClickEvents: the grid has the keys */

/** The open record takes the place of many rows and hangs on the first of them; the list renders as many out of view. */
function renderOpen(row: LogRow, slice: number, slices: number, onHeight: (height: number) => void): ComponentChildren {
  return (
    <div key={`open-${slice}`} role="presentation" class="log-slice" style={{ height: `${ROW}px` }}>
      {slice === 0 && (
        <div role="row" class="log-open" style={{ height: `${slices * ROW}px` }}>
          <div role="gridcell" tabIndex={-1}>
            <Record key={row.id} row={row} onHeight={onHeight} />
          </div>
        </div>
      )}
    </div>
  )
}

const detailRows = (height: number): number => Math.min(MAX_DETAIL_ROWS, Math.ceil((height + DETAIL_PADDING) / ROW))

interface RowProps {
  readonly row: LogRow
  readonly at: number
  readonly isOpen: boolean
  readonly isCurrent: boolean
  readonly isTraced: boolean
  readonly onToggle: () => void
}

function Row({ row, at, isOpen, isCurrent, isTraced, onToggle }: RowProps) {
  const classes = [
    'log-row',
    severityClass(row.severity),
    isOpen && 'open',
    isCurrent && 'current',
    isTraced && 'traced',
  ]
  return (
    <div
      id={`log-${row.id}`}
      role="row"
      aria-rowindex={at + 1}
      aria-expanded={isOpen}
      class={classes.filter(Boolean).join(' ')}
      onClick={(event) => {
        if (!(event.target as Element).closest('a') && getSelection()?.toString() === '') onToggle()
      }}
    >
      <span role="gridcell" class="log-time mono">
        {time(row.timeUs)}
      </span>
      <span role="gridcell" class="log-severity">
        {row.severity === 'unspecified' ? '–' : row.severity}
      </span>
      <span role="gridcell" class={`log-service ellipsis ${serviceClass(row.service)}`}>
        <span class="dot" />
        {row.service}
      </span>
      <span role="gridcell" class="log-body mono ellipsis">
        {row.eventName !== null && <span class="pill">{row.eventName}</span>} {row.body.slice(0, 1000)}
      </span>
      <span role="gridcell" class="log-trace mono">
        {row.traceId !== null && (
          <Link to={spanLink(row.traceId, row.spanId)} title={`Open trace ${row.traceId}`} tabIndex={-1}>
            {row.traceId.slice(0, 8)}
          </Link>
        )}
      </span>
    </div>
  )
}

/* biome-ignore-end lint/a11y/useSemanticElements: end */
/* biome-ignore-end lint/a11y/useFocusableInteractive: end */
/* biome-ignore-end lint/a11y/useKeyWithClickEvents: end */

interface TraceBarProps {
  readonly trace: string
  readonly rows: readonly LogRow[]
  readonly onMove: (step: 1 | -1) => void
}

function TraceBar({ trace, rows, onMove }: TraceBarProps) {
  const isOnly = param('only') !== ''
  const matches = rows.filter(({ traceId }) => traceId === trace).length
  return (
    <p class="trace-bar">
      <span>
        Trace <Link to={href(`/traces/${trace}`)}>{trace.slice(0, 16)}…</Link>: {plural(matches, 'record')}{' '}
        {isOnly ? 'and no others' : 'among those shown'}
      </span>
      {!isOnly && (
        <>
          <button type="button" onClick={() => onMove(-1)} disabled={matches === 0}>
            ↑ previous
          </button>
          <button type="button" onClick={() => onMove(1)} disabled={matches === 0}>
            ↓ next
          </button>
        </>
      )}
      <button type="button" aria-pressed={isOnly} onClick={() => setParams({ only: isOnly ? null : 1 })}>
        Only this trace
      </button>
      <button type="button" onClick={() => setParams({ trace: null, only: null })}>
        Clear
      </button>
    </p>
  )
}
