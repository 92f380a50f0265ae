/** One line of the waterfall: what it is on the left, when it was on the right. */
// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the page binds the keys
import { SYSTEM_MARK, serviceClass } from '../../lib/colors.ts'
import { duration } from '../../lib/format.ts'
import { FoldBar, SpanBar } from './bar.tsx'
import type { Line } from './rows.ts'
import type { TraceState } from './state.ts'

/** Deeper levels are not moved further in: their names would leave the column. */
const MAX_INDENT = 28

interface Props {
  readonly state: TraceState
  readonly line: Line
  readonly index: number
  readonly isSelected: boolean
  readonly isDim: boolean
  readonly isMatch: boolean
}

export function WaterfallLine({ state, line, index, isSelected, isDim, isMatch }: Props) {
  const { spans } = state.detail.value
  const { span } = line
  const window = state.zoom.value
  const hasError = line.kind === 'fold' ? line.errors > 0 : span.error
  const canOpen = line.kind === 'fold' || span.children > 0
  const indent = Math.min(line.level, MAX_INDENT)
  const classes = ['line', serviceClass(span.service)]
  if (isSelected) classes.push('selected')
  if (isDim) classes.push('off')
  if (isMatch) classes.push('match')
  return (
    <div
      id={`line-${index}`}
      role="row"
      class={classes.join(' ')}
      aria-level={line.level + 1}
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      aria-expanded={canOpen ? line.isOpen : undefined}
      onClick={() => {
        state.select(line.key)
        state.panelOpen.value = true
      }}
      onDblClick={() => canOpen && state.setOpen(line, !line.isOpen)}
    >
      <div
        role="gridcell"
        class="what"
        style={{ paddingLeft: `${indent * 14 + 4}px`, backgroundSize: `${indent * 14}px 100%` }}
      >
        {canOpen ? (
          <button
            type="button"
            class="fold"
            tabIndex={-1}
            aria-label={line.isOpen ? 'Collapse' : 'Expand'}
            onClick={(event) => {
              event.stopPropagation()
              state.setOpen(line, !line.isOpen)
            }}
          >
            {line.isOpen ? '▾' : '▸'}
          </button>
        ) : (
          <span class="fold" />
        )}
        <i class="service-mark" title={span.service} />
        {hasError && (
          <span class="error-mark" role="img" aria-label="error">
            !
          </span>
        )}
        {line.kind === 'fold' ? (
          <FoldName line={line} />
        ) : (
          <SpanName line={line} parentService={spans[span.parentIndex]?.service} />
        )}
      </div>
      <div role="gridcell" class="when">
        {line.kind === 'fold' ? (
          <FoldBar spans={spans} line={line} window={window} />
        ) : (
          <SpanBar spans={spans} span={span} window={window} critical={state.critical.value.get(span.index)} />
        )}
      </div>
    </div>
  )
}

function SpanName({
  line: { span, isOpen },
  parentService,
}: {
  readonly line: Line
  readonly parentService: string | undefined
}) {
  return (
    <>
      {span.service !== parentService && <b class="service">{span.service}</b>}
      {SYSTEM_MARK[span.system] !== '' && <span class="system">{SYSTEM_MARK[span.system]}</span>}
      <span class="ellipsis text">
        {span.name}
        <span class="dim"> {withoutName(span.summary, span.name)}</span>
      </span>
      {span.running && <span class="pill">running</span>}
      {span.movedNs !== undefined && (
        <span class="moved" title={`Moved by ${duration(span.movedNs)}: the clock of its machine differs`}>
          <span aria-hidden="true">⇄</span>
          <span class="visually-hidden">clock aligned</span>
        </span>
      )}
      {span.orphan && (
        <span class="pill warn" title="Its parent span has not arrived">
          orphan
        </span>
      )}
      {!isOpen && span.descendants > 0 && <span class="dim below">+{span.descendants}</span>}
    </>
  )
}

function FoldName({ line }: { readonly line: Line & { kind: 'fold' } }) {
  const { span, members, totalNs, errors } = line
  return (
    <>
      {SYSTEM_MARK[span.system] !== '' && <span class="system">{SYSTEM_MARK[span.system]}</span>}
      <span class="ellipsis text">{span.groupKey}</span>
      <span class="times">
        ×{members.length} · {duration(totalNs)}
        {errors > 0 && <span class="error"> · {errors} failed</span>}
      </span>
    </>
  )
}

/** Summaries often begin with the name, or with a part of it. */
function withoutName(summary: string | null, name: string): string {
  if (summary === null || name.includes(summary)) return ''
  return summary.startsWith(name) ? summary.slice(name.length).trim() : summary
}
