/** Random programs of spans for the tail sampler, and a plain model of what is to become of their traces. */
import { INVALID_SPAN_CONTEXT, type Link, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import fc from 'fast-check'
import type { KeepOptions } from '../../../src/config/keep-options.ts'
import { parseTraceState } from '../../../src/context/trace-state.ts'

/** Ids of traces that callers have begun, with their randomness at the end. */
const REMOTE_IDS = ['0', '3', '8', 'c', 'f'].map((digit) => `${'ab'.repeat(9)}${digit}${'1'.repeat(13)}`)
const STATES = [
  undefined,
  'other=x',
  'ot=th:8',
  'ot=th:c;rv:d0000000000000',
  'ot=rv:20000000000000',
  'ot=rv:e0000000000000,other=x',
  'ot=th:xyz',
]
export const WAIT_MILLIS = 5000
export const SLOW_MILLIS = 100
const TIME = 1_700_000_000_000

interface End {
  readonly millis: number
  readonly fails: boolean
  readonly isVip: boolean
}
/** A caller gives all its calls of one trace the same flags and state. */
interface Caller {
  readonly id: number
  readonly flags: number
  readonly state: string | undefined
}
export type Step =
  | { readonly call: 'root'; readonly tracer: number; readonly caller: number | undefined; readonly hasLink: boolean }
  | { readonly call: 'child'; readonly of: number; readonly tracer: number; readonly isRemote: boolean }
  | ({ readonly call: 'end'; readonly span: number } & End)
  | { readonly call: 'whole'; readonly of: number; readonly end: End }
  | { readonly call: 'log'; readonly span: number }
  | { readonly call: 'pass'; readonly millis: number }
  | { readonly call: 'flush' }

export interface TailProgram {
  readonly keep: KeepOptions
  readonly callers: readonly Caller[]
  readonly steps: readonly Step[]
}

const end = fc.record({
  millis: fc.constantFrom(0, 1, SLOW_MILLIS, SLOW_MILLIS + 1, 5000),
  fails: fc.nat(11).map((value) => value === 0),
  isVip: fc.nat(11).map((value) => value === 0),
})
const nat = fc.nat(40)
const tracer = fc.nat(2)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constant('root' as const),
      tracer,
      caller: fc.option(fc.nat(3), { nil: undefined, freq: 3 }),
      hasLink: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      call: fc.constant('child' as const),
      of: nat,
      tracer,
      isRemote: fc.nat(9).map((value) => value === 0),
    }),
  },
  { weight: 10, arbitrary: fc.tuple(nat, end).map(([span, how]) => ({ call: 'end' as const, span, ...how })) },
  { weight: 4, arbitrary: fc.record({ call: fc.constant('whole' as const), of: nat, end }) },
  { weight: 4, arbitrary: fc.record({ call: fc.constant('log' as const), span: nat }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('pass' as const), millis: fc.constantFrom(10, 500, 7000) }) },
  { weight: 1, arbitrary: fc.constant({ call: 'flush' as const }) },
)
export const tailProgram: fc.Arbitrary<TailProgram> = fc.record({
  keep: fc.record(
    {
      errors: fc.boolean(),
      slowerThanMillis: fc.constant(SLOW_MILLIS),
      ratio: fc.constantFrom(0, 0.25, 0.5, 1),
      perSecond: fc.constantFrom(0, 1, 2.5),
      when: fc.constantFrom('vip', 'throws').map((kind) => whenOf(kind)),
    },
    { requiredKeys: [] },
  ),
  callers: fc
    .array(
      fc.record({
        id: fc.nat(REMOTE_IDS.length - 1),
        flags: fc.constantFrom(0, 1, 1, 2, 3),
        state: fc.constantFrom(...STATES),
      }),
      { minLength: 4, maxLength: 4 },
    )
    .map((callers) => callers.filter(({ id }, index) => callers.findIndex((other) => other.id === id) === index)),
  steps: fc.array(step, { maxLength: 60, size: 'max' }),
})

function whenOf(kind: string): NonNullable<KeepOptions['when']> {
  return ({ attributes }) => {
    if (kind === 'throws' && !attributes['vip']) throw new Error('boom')
    return attributes['vip'] === true
  }
}

/** What is known of a span that a program has made. */
export interface Made {
  readonly name: string
  readonly span: Span
  readonly isLocalRoot: boolean
  ended?: End
}
/** What happened, in its order: the model is asked with it. */
export type Happening =
  | { readonly what: 'start' | 'end' | 'log'; readonly made: Made; readonly at: number; readonly label?: string }
  | { readonly what: 'decide all' | 'time'; readonly at: number }

export interface Runner {
  startSpan(tracer: number, name: string, parent: ReturnType<typeof trace.setSpan>, links: Link[]): Span
  /** Told before anything else becomes of the span. */
  onStart(made: Made): void
  log(body: string, span: Span): void
  /** Moves the clock, and lets timers run. */
  pass(millis: number): void
  flush(): Promise<unknown>
}

/** Runs a program. A step that names a span that is not there takes another one. */
export async function runProgram({ callers, steps }: TailProgram, runner: Runner): Promise<Happening[]> {
  const all: Made[] = []
  const happened: Happening[] = []
  let clock = 0
  const note = (what: 'start' | 'end' | 'log', made: Made, label?: string) =>
    void happened.push({ what, made, at: clock, ...(label && { label }) })
  const start = (
    tracerNumber: number,
    parent: ReturnType<typeof trace.setSpan>,
    isLocalRoot: boolean,
    links: Link[] = [],
  ): Made => {
    const name = `span ${all.length}`
    const made: Made = { name, span: runner.startSpan(tracerNumber, name, parent, links), isLocalRoot }
    all.push(made)
    runner.onStart(made)
    note('start', made)
    return made
  }
  const finish = (made: Made, how: End) => {
    if (made.ended) return
    made.ended = how
    made.span.setAttribute('vip', how.isVip)
    if (how.fails) made.span.setStatus({ code: 2 })
    made.span.end(TIME + how.millis)
    note('end', made)
  }
  const childOf = (of: number, tracerNumber: number, isRemote: boolean): Made => {
    const above = all[of % all.length]!
    const own = above.span.spanContext()
    const parent = isRemote
      ? trace.setSpanContext(ROOT_CONTEXT, { ...own, isRemote: true })
      : trace.setSpan(ROOT_CONTEXT, above.span)
    return start(tracerNumber, parent, isRemote)
  }
  for (const one of steps) {
    if (one.call === 'root') {
      const caller = one.caller === undefined ? undefined : callers[one.caller % callers.length]
      const links = one.hasLink ? [{ context: all[0]?.span.spanContext() ?? INVALID_SPAN_CONTEXT }] : []
      start(one.tracer, caller ? trace.setSpanContext(ROOT_CONTEXT, contextOf(caller)) : ROOT_CONTEXT, true, links)
    } else if (one.call === 'pass') {
      clock += one.millis
      runner.pass(one.millis)
      happened.push({ what: 'time', at: clock })
    } else if (one.call === 'flush') {
      await runner.flush()
      happened.push({ what: 'decide all', at: clock })
    } else if (all.length === 0) continue
    else if (one.call === 'child') childOf(one.of, one.tracer, one.isRemote)
    else if (one.call === 'whole') finish(childOf(one.of, 0, false), one.end)
    else if (one.call === 'end') finish(all[one.span % all.length]!, one)
    else {
      const made = all[one.span % all.length]!
      const label = `log ${happened.length}`
      runner.log(label, made.span)
      note('log', made, label)
    }
  }
  await runner.flush()
  happened.push({ what: 'decide all', at: clock })
  return happened
}

export const START_TIME = TIME

function contextOf({ id, flags, state }: Caller) {
  const traceState = state === undefined ? undefined : parseTraceState(state)
  return {
    traceId: REMOTE_IDS[id]!,
    spanId: 'cd'.repeat(8),
    traceFlags: flags,
    isRemote: true,
    ...(traceState && { traceState }),
  }
}
