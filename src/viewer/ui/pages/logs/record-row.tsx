/** A row of the list of records: closed, or the place of an open record. */
import type { ComponentChildren } from 'preact'
import type { LogRow } from '../../../api.ts'
import { serviceClass, severityClass } from '../../lib/colors.ts'
import { time } from '../../lib/format.ts'
import { Link } from '../../lib/location.tsx'
import { Record } from './record.tsx'
import { spanLink } from './span-link.ts'

export const ROW = 24
/** The open record takes the place of so many rows at most; it scrolls when it is longer. */
export const MAX_DETAIL_ROWS = 20
/** Around what the open record shows. */
const DETAIL_PADDING = 18

/* biome-ignore-start lint/a11y/useSemanticElements: rows of a virtual list are no table */
/* biome-ignore-start lint/a11y/useFocusableInteractive: the grid has the focus */
/* biome-ignore-start lint/a11y/useKeyWithClickEvents: the grid has the keys */

interface RowProps {
  readonly row: LogRow
  readonly at: number
  readonly isOpen: boolean
  readonly isCurrent: boolean
  readonly isTraced: boolean
  readonly onToggle: () => void
}

export function Row({ row, at, isOpen, isCurrent, isTraced, onToggle }: RowProps) {
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

/** The open record takes the place of many rows and hangs on the first of them; the list renders as many out of view. */
export function renderOpen(
  row: LogRow,
  slice: number,
  slices: number,
  onHeight: (height: number) => void,
): ComponentChildren {
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

/* biome-ignore-end lint/a11y/useSemanticElements: end */
/* biome-ignore-end lint/a11y/useFocusableInteractive: end */
/* biome-ignore-end lint/a11y/useKeyWithClickEvents: end */

export const detailRows = (height: number): number =>
  Math.min(MAX_DETAIL_ROWS, Math.ceil((height + DETAIL_PADDING) / ROW))
