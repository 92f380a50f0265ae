/** The bar of one line of the waterfall: own time, critical path, events and logs, and the duration beside it. */
import type { CriticalSegment, SpanRow } from '../../../api.ts'
import { severityClass } from '../../lib/colors.ts'
import { duration } from '../../lib/format.ts'
import { boxOf, placeOf, type Stretch, selfStretches, stretchOf, visibleStretches } from './geometry.ts'
import type { FoldLine } from './rows.ts'

const MAX_TICKS = 40

interface SpanBarProps {
  readonly spans: readonly SpanRow[]
  readonly span: SpanRow
  readonly window: Stretch
  readonly critical: readonly CriticalSegment[] | undefined
}

export function SpanBar({ spans, span, window, critical }: SpanBarProps) {
  const box = boxOf(stretchOf(span), window)
  if (box === null) return <Outside isBefore={span.offsetNs < window.fromNs} />
  return (
    <>
      <div class={span.running ? 'bar running' : 'bar'} style={style(box)} />
      <Parts name="own" stretches={selfStretches(spans, span.index)} window={window} />
      {critical && <Parts name="critical" stretches={critical} window={window} />}
      {ticksOf(span.events, window).map((event, index) => (
        <i key={index} class="tick" style={{ left: `${placeOf(event.offsetNs, window)}%` }} title={event.name} />
      ))}
      {ticksOf(span.logs, window).map((log, index) => (
        <i
          key={index}
          class={`tick log ${severityClass(log.severity)}`}
          style={{ left: `${placeOf(log.offsetNs, window)}%` }}
          title={`${log.severity} log`}
        />
      ))}
      <Label box={box} text={span.running ? `${duration(span.durationNs)}…` : duration(span.durationNs)} />
    </>
  )
}

export function FoldBar({
  spans,
  line,
  window,
}: {
  readonly spans: readonly SpanRow[]
  readonly line: FoldLine
  readonly window: Stretch
}) {
  const stretches = line.members.map((index) => stretchOf(spans[index]!))
  const whole = { fromNs: stretches[0]!.fromNs, toNs: stretches.reduce((last, { toNs }) => Math.max(last, toNs), 0) }
  const box = boxOf(whole, window)
  if (box === null) return <Outside isBefore={whole.fromNs < window.fromNs} />
  return (
    <>
      <div class="bar" style={style(box)} />
      <Parts name="own" stretches={stretches} window={window} />
      <Label box={box} text={duration(line.totalNs)} />
    </>
  )
}

function Parts({
  name,
  stretches,
  window,
}: {
  readonly name: string
  readonly stretches: readonly Stretch[]
  readonly window: Stretch
}) {
  return (
    <>
      {visibleStretches(stretches, window).map((stretch, index) => {
        const box = boxOf(stretch, window)
        return box && <div key={index} class={name} style={style(box)} />
      })}
    </>
  )
}

/** Right of the bar where there is room, else left of it, else inside. */
function Label({ box, text }: { readonly box: { left: number; width: number }; readonly text: string }) {
  const end = box.left + box.width
  if (end < 88)
    return (
      <span class="bar-label" style={{ left: `${end}%` }}>
        {text}
      </span>
    )
  if (box.left > 12)
    return (
      <span class="bar-label before" style={{ right: `${100 - box.left}%` }}>
        {text}
      </span>
    )
  return <span class="bar-label inside">{text}</span>
}

const Outside = ({ isBefore }: { readonly isBefore: boolean }) => (
  <span class={isBefore ? 'outside before' : 'outside'} title="Outside the zoomed window">
    {isBefore ? '‹' : '›'}
  </span>
)

const style = ({ left, width }: { left: number; width: number }) => ({ left: `${left}%`, width: `${width}%` })

function ticksOf<T extends { readonly offsetNs: number }>(items: readonly T[], window: Stretch): readonly T[] {
  const inside = items.filter(({ offsetNs }) => offsetNs >= window.fromNs && offsetNs <= window.toNs)
  const every = Math.ceil(inside.length / MAX_TICKS)
  return every <= 1 ? inside : inside.filter((_, index) => index % every === 0)
}
