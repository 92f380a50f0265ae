/** Makes the report of a piece: V8's tree without what never ran, samples of one stack and span joined, idle time left out, each with the span that was active. */
import type { Profiler } from 'node:inspector'
import { type Span, TraceFlags } from '@opentelemetry/api'
import type { ProfileFrame, ProfileReport } from '../../viewer/api.ts'
import type { ContextChanges } from './context-log.ts'
import type { Places } from './places.ts'

/** All but the resource, with instants of V8's clock. */
export type FoldedProfile = Pick<ProfileReport, 'frames' | 'stacks' | 'spans' | 'samples' | 'startUs' | 'endUs'>

export interface Folded {
  readonly profile: FoldedProfile
  /** Index into `spans`, to which the span is added; -1 for none. */
  indexOf(span: Span | undefined): number
  /** When the loop rested, by V8's clock. */
  readonly idleUs: readonly number[]
}

export interface FoldOptions {
  /** What is earlier was in the piece before. */
  readonly fromUs: number
  readonly changes: ContextChanges
  /** What V8's clock shows when `performance.now()` is 0. */
  readonly zeroUs: number
  readonly places: Places
}

/** A machine that sleeps takes no samples: what came before did not run all the time. */
const MAX_SAMPLE_US = 100_000
const MAX_NAME = 200
const IDLE = '(idle)'
const ROOT = '(root)'
const COLLECTOR = '(garbage collector)'

export function foldProfile(profile: Profiler.Profile, { fromUs, changes, zeroUs, places }: FoldOptions): Folded {
  const startUs = Math.max(profile.startTime, fromUs)
  const stacks = createStacks(profile.nodes, places)
  const spans = createSpans()
  const samples: [number, number, number, number][] = []
  const { samples: nodes = [], timeDeltas = [] } = profile
  let atUs = profile.startTime
  let change = 0
  let stack: number | undefined
  const idleUs: number[] = []
  for (const [index, node] of nodes.entries()) {
    atUs += timeDeltas[index]!
    const nextUs = index + 1 < nodes.length ? atUs + timeDeltas[index + 1]! : profile.endTime
    while (change < changes.atMillis.length && zeroUs + changes.atMillis[change]! * 1000 <= atUs) change++
    stack = stacks.of(node, stack)
    if (stack === undefined) idleUs.push(atUs)
    const beginUs = Math.max(atUs, startUs)
    const us = Math.min(nextUs - beginUs, MAX_SAMPLE_US)
    if (stack === undefined || us <= 0) continue
    const span = spans.of(changes.spans[change - 1])
    const last = samples.at(-1)
    const afterUs = beginUs - startUs
    if (last && last[2] === stack && last[3] === span && Math.abs(last[0] + last[1] - afterUs) < 2) last[1] += us
    else samples.push([afterUs, us, stack, span])
  }
  const { frames, rows } = stacks
  const folded = { startUs, endUs: profile.endTime, frames, stacks: rows, spans: spans.rows, samples }
  return { profile: folded, indexOf: spans.of, idleUs }
}

type Row = readonly [parent: number, frame: number, line: number]

function createStacks(nodes: readonly Profiler.ProfileNode[], places: Places) {
  const frames: ProfileFrame[] = []
  const rows: Row[] = []
  const frameOf = new Map<string, number>()
  const known = new Map<number, number | undefined>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parentOf = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const collecting = new Map<number, number>()
  let collectorIndex = -1
  return { frames, rows, of }

  /**
   * Undefined while nothing runs. V8 puts the collection of garbage beside all stacks: it belongs to what ran before, as in Chrome.
   * @param before stack of the sample before
   */
  function of(id: number, before: number | undefined): number | undefined {
    const { callFrame } = byId.get(id)!
    if (callFrame.functionName !== COLLECTOR || before === undefined || before < 0) return indexOf(id)
    if (rows[before]![1] === collectorIndex) return before
    collectorIndex = frameIndexOf(callFrame)
    const stack = collecting.get(before) ?? rows.push([before, collectorIndex, 0]) - 1
    collecting.set(before, stack)
    return stack
  }

  /** The outermost call first, without recursion: stacks may be deep. */
  function indexOf(id: number): number | undefined {
    if (known.has(id)) return known.get(id)
    const way: number[] = []
    for (let at: number | undefined = id; at !== undefined && !known.has(at); at = parentOf.get(at)) way.push(at)
    for (const node of way.reverse()) known.set(node, add(byId.get(node)!))
    return known.get(id)
  }

  function add({ id, callFrame, positionTicks = [] }: Profiler.ProfileNode): number | undefined {
    const { functionName: name } = callFrame
    if (name === IDLE) return undefined
    if (name === ROOT) return -1
    const index = frameIndexOf(callFrame)
    const [hot] = [...positionTicks].sort((a, b) => b.ticks - a.ticks)
    const line = hot === undefined ? 0 : places.lineOf(callFrame.url, hot.line)
    return rows.push([known.get(parentOf.get(id) ?? -1) ?? -1, index, line]) - 1
  }

  function frameIndexOf(callFrame: Profiler.ProfileNode['callFrame']): number {
    const frame = places.frameOf(callFrame)
    const key = `${frame.name}\n${frame.file}\n${frame.line}\n${frame.column}`
    const index = frameOf.get(key) ?? frames.push(frame) - 1
    frameOf.set(key, index)
    return index
  }
}

function createSpans() {
  const rows: ProfileReport['spans'][number][] = []
  const known = new Map<Span, number>()
  return { rows, of }

  function of(span: Span | undefined): number {
    if (span === undefined) return -1
    const index = known.get(span) ?? add(span)
    known.set(span, index)
    return index
  }

  /** One that is not sampled is not stored, so it is none. */
  function add(span: Span): number {
    const { traceId, spanId, traceFlags } = span.spanContext()
    if ((traceFlags & TraceFlags.SAMPLED) === 0) return -1
    const { name } = span as { name?: unknown }
    return rows.push({ traceId, spanId, name: typeof name === 'string' ? name.slice(0, MAX_NAME) : '' }) - 1
  }
}
