/** What the documentation says of `keep`, as a model that looks back at a whole program: which spans and log records arrive, why, and for how many they stand. */
import type { KeepOptions } from '../../../src/config/keep-options.ts'
import { type Happening, type Made, SLOW_MILLIS, WAIT_MILLIS } from './tail-programs.ts'

interface Expected {
  readonly spans: Set<string>
  readonly logs: Set<string>
  /** Of local roots. */
  readonly reasons: Map<string, string>
  /** By span; without a probability the threshold stays that it began with. */
  readonly weights: Map<string, { readonly threshold: string | undefined; readonly probability: number | undefined }>
  readonly sampledOut: number
}

type Reason = 'parent' | 'error' | 'slow' | 'when' | 'ratio' | 'rate'
interface Verdict {
  readonly reason: Reason
  readonly probability: number | undefined
}

/** @param wasKept asked for traces of `perSecond` alone, where the clock decides */
export function expectOf(
  happened: readonly Happening[],
  keep: KeepOptions,
  wasKept: (traceId: string) => boolean,
): Expected {
  const expected = { spans: new Set(), logs: new Set(), reasons: new Map(), weights: new Map() } as Omit<
    Expected,
    'sampledOut'
  >
  let sampledOut = 0
  let offered = 0
  const draw = offerer(
    keep,
    wasKept,
    () => ++offered,
    () => (offered = 0),
  )
  const traces = new Map<string, Trace>()
  const decideWhere = (isDue: (trace: Trace) => boolean, at: number) => {
    for (const one of traces.values()) if (one.fate === 'open' && isDue(one)) decide(one, at)
  }
  for (const happening of happened) {
    if (!('made' in happening)) {
      // timers look each second at most
      if (happening.what === 'decide all') decideWhere(() => true, happening.at)
      else decideWhere(({ since }) => happening.at - since >= WAIT_MILLIS + 1000, happening.at)
      continue
    }
    const { what, made, at, label } = happening
    const { traceId, traceFlags } = made.span.spanContext()
    if ((traceFlags & 1) === 0) continue
    const known = traces.get(traceId)
    const one: Trace = known ?? {
      made,
      since: at,
      open: new Set(),
      waiting: [],
      logs: [],
      fate: 'open',
      verdict: undefined,
    }
    traces.set(traceId, one)
    if (what === 'start') {
      if (made.isLocalRoot || !known) one.open.add(made)
      if (!known && made.isLocalRoot && callersThreshold(made))
        keepFor(one, { reason: 'parent', probability: undefined })
    } else if (what === 'log') {
      if (one.verdict) expected.logs.add(label!)
      else if (one.fate === 'open') one.logs.push(label!)
    } else {
      if (!one.verdict) keepFor(one, evidence(made, keep, one.open.has(made)))
      one.open.delete(made)
      if (one.verdict) arrive(one, made)
      else if (one.fate === 'dropped') sampledOut++
      else one.waiting.push(made)
      if (one.open.size === 0 && one.fate === 'open') decide(one, at)
    }
  }
  return { ...expected, sampledOut }

  function decide(one: Trace, at: number): void {
    one.fate = 'dropped'
    if (one.verdict) return
    if (one.open.size > 0 && keep.slowerThanMillis !== undefined && at - one.since > SLOW_MILLIS) {
      keepFor(one, { reason: 'slow', probability: 1 })
      return
    }
    const chance = draw(one)
    if (chance) {
      keepFor(one, chance)
      return
    }
    sampledOut += one.waiting.length
    one.waiting = []
    one.logs = []
  }

  function keepFor(one: Trace, verdict: Verdict | undefined): void {
    if (!verdict) return
    one.verdict = verdict
    for (const made of one.waiting.splice(0)) arrive(one, made)
    for (const label of one.logs.splice(0)) expected.logs.add(label)
  }

  function arrive({ verdict }: Trace, made: Made): void {
    const { reason, probability } = verdict!
    expected.spans.add(made.name)
    const isCertain = reason !== 'ratio' && reason !== 'rate'
    const threshold = callersThreshold(made)
    expected.weights.set(made.name, {
      threshold,
      probability: isCertain && threshold !== undefined ? undefined : probability,
    })
    if (made.isLocalRoot) expected.reasons.set(made.name, reason)
  }
}

interface Trace {
  readonly made: Made
  readonly since: number
  readonly open: Set<Made>
  waiting: Made[]
  logs: string[]
  fate: 'open' | 'dropped'
  verdict: Verdict | undefined
}

/** As the caller sent it: the sampler writes thresholds when a span has ended. */
const thresholds = new WeakMap<Made, string | undefined>()
const callersThreshold = (made: Made): string | undefined => thresholds.get(made)
export const noteThreshold = (made: Made): void =>
  void thresholds.set(made, /th:([0-9a-f]{1,14})(;|$)/.exec(made.span.spanContext().traceState?.get('ot') ?? '')?.[1])

function evidence({ ended }: Made, keep: KeepOptions, isRoot: boolean): Verdict | undefined {
  if (keep.errors && ended!.fails) return { reason: 'error', probability: 1 }
  if (isRoot && keep.slowerThanMillis !== undefined && ended!.millis > SLOW_MILLIS)
    return { reason: 'slow', probability: 1 }
  return keep.when && ended!.isVip ? { reason: 'when', probability: 1 } : undefined
}

function offerer(
  { ratio, perSecond }: KeepOptions,
  wasKept: (traceId: string) => boolean,
  offer: () => number,
  taken: () => void,
) {
  const share = ratio ?? (perSecond === undefined ? 0 : 1)
  return ({ made }: Trace): Verdict | undefined => {
    if (share === 0 || randomness(made) < 1 - share) return undefined
    if (perSecond === undefined) return { reason: 'ratio', probability: share }
    const count = offer()
    if (!wasKept(made.span.spanContext().traceId)) return undefined
    taken()
    return { reason: 'rate', probability: share / count }
  }
}

/** From 0 to 1. */
function randomness({ span }: Made): number {
  const { traceId, traceState } = span.spanContext()
  const text = /rv:([0-9a-f]{14})/.exec(traceState?.get('ot') ?? '')?.[1] ?? traceId.slice(-14)
  return Number.parseInt(text, 16) / 2 ** 56
}
