/** The page that lays two traces over each other: where the time went differently, and which attributes differ. */
import { useSignal } from '@preact/signals'
import { useMemo, useRef } from 'preact/hooks'
import type { ComparedRow, Comparison, TraceSummary } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { serviceClass } from '../lib/colors.ts'
import { duration, time } from '../lib/format.ts'
import { useKeys } from '../lib/keys.ts'
import { href, Link, navigate, param, setParams } from '../lib/location.tsx'
import { Failed, Loading } from '../lib/states.tsx'
import { VirtualList, type VirtualListHandle } from '../lib/virtual-list.tsx'
import { Badges } from '../parts/badge.tsx'
import { Attributes } from './compare/attributes.tsx'
import { Choose } from './compare/choose.tsx'
import { ComparedLine } from './compare/line.tsx'
import { Totals } from './compare/totals.tsx'

const ROW_HEIGHT = 32
/** Smaller changes of a span are noise. */
const NOTABLE_SHARE = 0.02

export function ComparePage() {
  const a = param('a')
  const b = param('b')
  const { data, error } = useQuery<Comparison>(
    () => (param('a') && param('b') ? urlOf('compare', { a: param('a'), b: param('b') }) : null),
    { live: false },
  )
  if (a === '' || b === '') return <Choose a={a} b={b} />
  if (error) return <Failed error={error} />
  if (data === undefined) return <Loading />
  return <Compared data={data} />
}

function Compared({ data: { a, b, rows, attributes } }: { readonly data: Comparison }) {
  const onlyDifferences = param('differences') === '1'
  const wholeNs = Math.max(a.durationNs, b.durationNs, 1)
  const shown = useMemo(
    () => (onlyDifferences ? withParents(rows, (row) => differs(row, wholeNs)) : rows),
    [rows, onlyDifferences, wholeNs],
  )
  const at = useSignal(-1)
  const list = useRef<VirtualListHandle>(null)
  const go = (step: number) => {
    at.value = Math.max(0, Math.min(shown.length - 1, at.value + step))
    list.current?.reveal(at.value)
  }
  const open = (side: 'a' | 'b') => {
    const spanId = shown[at.value]?.[side]?.spanId
    if (spanId) navigate(href(`/traces/${(side === 'a' ? a : b).traceId}`, { span_id: spanId }))
  }
  const swap = () => setParams({ a: b.traceId, b: a.traceId })
  useKeys([
    { keys: ['j', 'ArrowDown'], label: 'Next row', run: () => go(1) },
    { keys: ['k', 'ArrowUp'], label: 'Previous row', run: () => go(-1) },
    { keys: ['a', 'Enter'], label: 'Open the span in trace A', run: () => open('a') },
    { keys: ['b'], label: 'Open the span in trace B', run: () => open('b') },
    { keys: ['x'], label: 'Swap A and B', run: swap },
  ])
  return (
    <div class="compare">
      <header class="compare-head">
        <h1 class="visually-hidden">Compare two traces</h1>
        <Side name="A" trace={a} />
        <Side name="B" trace={b} />
        <Totals a={a} b={b} />
        <p class="compare-tools">
          <button
            type="button"
            aria-pressed={onlyDifferences}
            onClick={() => setParams({ differences: onlyDifferences ? null : '1' })}
          >
            Differences only
          </button>
          <button type="button" onClick={swap}>
            Swap A and B
          </button>
        </p>
      </header>
      {attributes.length > 0 && <Attributes attributes={attributes} />}
      <div class="compare-line head" aria-hidden="true">
        <span>Operation</span>
        <span class="when ellipsis">A above B, from 0 to {duration(wholeNs)}</span>
        <span class="num">A</span>
        <span class="num">B</span>
        <span class="num">Change</span>
      </div>
      {shown.length === 0 ? (
        <p class="state">The two traces have the same spans, and no duration differs much.</p>
      ) : (
        <VirtualList
          count={shown.length}
          rowHeight={ROW_HEIGHT}
          handle={list}
          outer={{
            class: 'lines',
            role: 'treegrid',
            tabIndex: 0,
            'aria-label': 'Spans of both traces: operation, place in time, duration in A, in B, change',
            'aria-rowcount': shown.length,
            'aria-activedescendant': at.value >= 0 ? `compared-${at.value}` : undefined,
          }}
          renderRow={(index) => (
            <ComparedLine
              key={index}
              row={shown[index]!}
              index={index}
              wholeNs={wholeNs}
              isActive={index === at.value}
              traces={[a.traceId, b.traceId]}
              onChoose={() => (at.value = index)}
            />
          )}
        />
      )}
    </div>
  )
}

function Side({ name, trace }: { readonly name: string; readonly trace: TraceSummary }) {
  return (
    <section class={`compare-side ${serviceClass(trace.service)}`} aria-label={`Trace ${name}`}>
      <h2>
        <span class={`side-mark side-${name.toLowerCase()}`}>{name}</span> <span class="dot" />
        <span class="dim">{trace.service}</span> <Link to={href(`/traces/${trace.traceId}`)}>{trace.name}</Link>
      </h2>
      <p>
        <span class="dim">{time(trace.startUs)}</span>
        {trace.httpStatus !== null && (
          <span class={trace.httpStatus >= 500 ? 'pill error' : 'pill'}>{trace.httpStatus}</span>
        )}
        <Badges badges={trace.badges} />
      </p>
    </section>
  )
}

function differs({ a, b }: ComparedRow, wholeNs: number): boolean {
  if (a === null || b === null || a.count !== b.count || a.errors !== b.errors) return true
  return Math.abs(a.selfNs - b.selfNs) > wholeNs * NOTABLE_SHARE
}

/** Rows that meet the test, and those above them. */
function withParents(rows: readonly ComparedRow[], test: (row: ComparedRow) => boolean): ComparedRow[] {
  const keep = new Uint8Array(rows.length)
  for (let index = rows.length - 1; index >= 0; index--) {
    const row = rows[index]!
    if (keep[index] === 0 && !test(row)) continue
    keep[index] = 1
    if (row.parentIndex >= 0) keep[row.parentIndex] = 1
  }
  return rows.filter((_, index) => keep[index] === 1)
}
