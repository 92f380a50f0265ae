/** What the trace page remembers: selection, what is open, zoom, search; the lasting part of it in the address. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal, untracked } from '@preact/signals'
import type { CriticalSegment, SpanRow, TraceDetail } from '../../../api.ts'
import { IN_PLACE, param, setParams } from '../../lib/location.tsx'
import { parseDuration } from './duration.ts'
import { type Stretch, stretchOf } from './geometry.ts'
import { foldsAbove, isWithin, type Line, linesOf } from './rows.ts'

export interface TraceState {
  readonly detail: ReadonlySignal<TraceDetail>
  readonly lines: ReadonlySignal<readonly Line[]>
  /** Key of the selected line: a span id, or a fold. */
  readonly cursor: Signal<string>
  readonly selected: ReadonlySignal<SpanRow | undefined>
  readonly panelOpen: Signal<boolean>
  readonly criticalOnly: ReadonlySignal<boolean>
  readonly errorsOnly: ReadonlySignal<boolean>
  /** Shorter spans are hidden; 0 shows all. */
  readonly leastNs: ReadonlySignal<number>
  /** How many spans are too short to be shown. */
  readonly tooShort: ReadonlySignal<number>
  /** The only span that is shown with what is below it. */
  readonly focus: ReadonlySignal<SpanRow | undefined>
  readonly zoom: ReadonlySignal<Stretch>
  /** Stretches of the critical path by position of the span. */
  readonly critical: ReadonlySignal<ReadonlyMap<number, readonly CriticalSegment[]>>
  /** Positions that the search found; null without a search. */
  readonly matches: Signal<ReadonlySet<number> | null>
  setZoom(zoom: Stretch | null): void
  setFocus(span: SpanRow | undefined): void
  /** Whether the focus leaves it on the screen. */
  isWithin(index: number): boolean
  select(key: string): void
  /** Opens what hides the span and selects it. */
  reveal(index: number): void
  setOpen(line: Line, isOpen: boolean): void
  collapseAll(isCollapsed: boolean): void
  stop(): void
}

export function createTraceState(detail: Signal<TraceDetail>): TraceState {
  const collapsed = signal<ReadonlySet<string>>(new Set())
  const unfolded = signal<ReadonlySet<string>>(new Set())
  const cursor = signal('')
  const matches = signal<ReadonlySet<number> | null>(null)
  const criticalOnly = computed(() => param('critical') === '1')
  const errorsOnly = computed(() => param('errors') === '1')
  const byId = computed(() => new Map(detail.value.spans.map((span) => [span.spanId, span])))
  const critical = computed(() => Map.groupBy(detail.value.criticalPath, ({ index }) => index))
  const leastNs = computed(() => parseDuration(param('min')) ?? 0)
  const focus = computed(() => byId.value.get(param('focus')))
  const keep = computed(() => {
    if (!criticalOnly.value && !errorsOnly.value && leastNs.value === 0) return null
    return Uint8Array.from(detail.value.spans, (span) =>
      Number(
        (!criticalOnly.value || critical.value.has(span.index)) &&
          (!errorsOnly.value || span.error) &&
          span.durationNs >= leastNs.value,
      ),
    )
  })
  const lines = computed(() =>
    linesOf(detail.value, {
      collapsed: collapsed.value,
      unfolded: unfolded.value,
      keep: keep.value,
      folds: !criticalOnly.value && !errorsOnly.value,
      focus: focus.value?.index ?? -1,
    }),
  )
  const isShown = (index: number) => isWithin(detail.peek().spans, focus.peek()?.index ?? -1, index)
  const setFocus = (span: SpanRow | undefined) => {
    const { fromNs, toNs } = span ? stretchOf(span) : { fromNs: 0, toNs: 0 }
    setParams({ focus: span?.spanId, zoom: toNs > fromNs ? `${fromNs}-${toNs}` : null })
  }
  const linked = computed(() => param('span_id'))
  let timer = 0
  const select = (key: string) => {
    cursor.value = key
    // Browsers limit how often a page may change its address: a held key must not reach that.
    clearTimeout(timer)
    timer = window.setTimeout(() => setParams({ span_id: byId.peek().has(key) ? key : null }, IN_PLACE), 150)
  }
  const without = (set: ReadonlySet<string>, keys: readonly string[]) =>
    new Set([...set].filter((key) => !keys.includes(key)))
  const reveal = (index: number) => {
    const { spans } = detail.peek()
    const above: string[] = []
    for (let at = spans[index]!.parentIndex; at >= 0; at = spans[at]!.parentIndex) above.push(spans[at]!.spanId)
    batch(() => {
      if (!isShown(index)) setFocus(undefined)
      // nothing at or below it is kept
      if (
        keep
          .peek()
          ?.subarray(index, index + spans[index]!.descendants + 1)
          .includes(1) === false
      )
        setParams({ critical: null, errors: null, min: null })
      collapsed.value = without(collapsed.value, above)
      unfolded.value = new Set([...unfolded.value, ...foldsAbove(spans, index)])
      select(spans[index]!.spanId)
    })
  }
  const panelOpen = signal(false)
  const isPartial = computed(() => detail.value.isPartial)
  // A link to a span, or going back, selects it; in a large trace it may come with the second answer.
  const follow = effect(() => {
    isPartial.value
    const span = byId.peek().get(linked.value)
    untracked(() => {
      if (span === undefined || (span.spanId === cursor.peek() && panelOpen.peek())) return
      if (span.spanId !== cursor.peek()) panelOpen.value = true
      reveal(span.index)
    })
  })
  return {
    detail,
    lines,
    cursor,
    selected: computed(() => byId.value.get(cursor.value) ?? foldOf(lines.value, cursor.value)?.span),
    panelOpen,
    criticalOnly,
    errorsOnly,
    leastNs,
    tooShort: computed(() => detail.value.spans.filter(({ durationNs }) => durationNs < leastNs.value).length),
    focus,
    zoom: computed(() => parseZoom(param('zoom'), detail.value.durationNs)),
    critical,
    matches,
    setZoom(zoom) {
      setParams({ zoom: zoom && `${Math.round(zoom.fromNs)}-${Math.round(zoom.toNs)}` })
    },
    setFocus,
    isWithin: isShown,
    select,
    reveal,
    setOpen(line, isOpen) {
      const target = line.kind === 'fold' ? unfolded : collapsed
      const isMember = line.kind === 'fold' ? isOpen : !isOpen
      target.value = isMember ? new Set([...target.value, line.key]) : without(target.value, [line.key])
    },
    collapseAll(isCollapsed) {
      const { spans } = detail.peek()
      batch(() => {
        unfolded.value = new Set()
        collapsed.value = new Set(
          isCollapsed
            ? spans.filter(({ children, depth }) => children > 0 && depth > 0).map(({ spanId }) => spanId)
            : [],
        )
      })
    },
    stop() {
      clearTimeout(timer)
      follow()
    },
  }
}

const foldOf = (lines: readonly Line[], key: string): Line | undefined =>
  key.startsWith('fold ') ? lines.find((line) => line.key === key) : undefined

function parseZoom(text: string, durationNs: number): Stretch {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? []
  const whole = { fromNs: 0, toNs: Math.max(1, durationNs) }
  if (from === undefined || Number(to) <= Number(from)) return whole
  return { fromNs: Number(from), toNs: Math.max(Number(from) + 100, Math.min(Number(to), whole.toNs)) }
}
