/** The list of records: newest on top, one of them open, those of one trace standing out. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { LogRow } from '../../../api.ts'
import type { RequestError } from '../../lib/api.ts'
import { logVersion } from '../../lib/counters.ts'
import { count, nothingFound, plural, time } from '../../lib/format.ts'
import { useKeys } from '../../lib/keys.ts'
import { IN_PLACE, param, setParams } from '../../lib/location.tsx'
import { Empty, Failed, Loading } from '../../lib/states.tsx'
import { VirtualList, type VirtualListHandle } from '../../lib/virtual-list.tsx'
import { createLogFeed } from './feed.ts'
import { filterKey, logParams } from './params.ts'
import { detailRows, MAX_DETAIL_ROWS, ROW, Row, renderOpen } from './record-row.tsx'
import { TraceBar } from './trace-bar.tsx'

const FIRST_HEIGHT = 200
const MORE_BEFORE_END = 60

interface Props {
  /** Tells what is wrong with the query, for the box that it is typed in; undefined when nothing is. */
  readonly onBadQuery: (error: RequestError | undefined) => void
}

export function Records({ onBadQuery }: Props) {
  const feed = useRef<ReturnType<typeof createLogFeed>>(null)
  feed.current ??= createLogFeed()
  const { rows, held, next, error, loading, reading, unknownFields, open, tail, release, more, close } = feed.current
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
    setParams({ open: row.id === openId ? null : row.id }, IN_PLACE)
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
    { keys: ['Escape'], label: 'Close the record', run: () => setParams({ open: null }, IN_PLACE) },
  ])

  if (error.value) return error.value.code === 'bad_query' ? null : <Failed error={error.value} />
  if (all.length === 0) {
    if (loading.value) return <Loading />
    return (
      <Empty title="No log records">
        <p>
          {param('q') === '' && trace === ''
            ? 'Records of console, pino, winston and the OpenTelemetry Logs API arrive here when logs are on.'
            : nothingFound('Nothing meets the query in this window.', unknownFields.value)}
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
