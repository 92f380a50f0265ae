/** Finds which code held up the event loop, from samples of the time in which it did not turn. */
import type { LoopBlock, ProfileFrame, ReportedBlock } from '../../viewer/api.ts'
import type { ContextChanges } from './context-log.ts'
import type { Folded, FoldedProfile } from './fold-profile.ts'
import type { Places } from './places.ts'

/** Times of V8's clock between which no timer was called. */
export interface Stretch {
  readonly fromUs: number
  readonly toUs: number
}

export const LEAST_BLOCK_US = 50_000
/** What takes less of a block is not its cause; without a cause many short callbacks came one after the other. */
const LEAST_SHARE = 0.5
/** What waited has gone on by then. */
export const CATCH_UP_US = 25_000
const MAX_WAITING = 200
const COLLECTOR = '(garbage collector)'

export interface BlockSources extends Folded {
  readonly changes: ContextChanges
  /** What V8's clock shows when `performance.now()` is 0. */
  readonly zeroUs: number
  readonly places: Places
}

export function findBlocks(sources: BlockSources, stretches: readonly Stretch[]): ReportedBlock[] {
  const { profile, places } = sources
  return stretches.flatMap((stretch) => {
    const samples = busyEnd(sources, stretch)
    const us = samples.reduce((sum, [, own]) => sum + own, 0)
    if (us < LEAST_BLOCK_US) return []
    const found = causeOf(profile, samples, us, places)
    if (found === undefined) return []
    const { way, ...cause } = found
    const isIts = ([, , stack]: Sample): boolean => isBelow(profile, stack, way)
    const endUs = samples.findLast(isIts)!
    const block = { startUs: samples.find(isIts)![0] + profile.startUs, endUs: endUs[0] + endUs[1] + profile.startUs }
    if (block.endUs - block.startUs < LEAST_BLOCK_US) return []
    return { ...block, ...cause, waiting: waitingFor(sources, block.endUs, stretch.toUs, cause.span) }
  })
}

/** Spans that became active when it was over, until the loop rested. */
function waitingFor(
  { idleUs, indexOf, changes, zeroUs }: BlockSources,
  fromUs: number,
  loopUs: number,
  own: number,
): number[] {
  const restsUs = idleUs.find((us) => us > loopUs) ?? loopUs + CATCH_UP_US
  const waiting = new Set<number>()
  for (const [index, atMillis] of changes.atMillis.entries()) {
    const atUs = zeroUs + atMillis * 1000
    if (atUs < fromUs || atUs > restsUs || waiting.size >= MAX_WAITING) continue
    waiting.add(indexOf(changes.spans[index]))
  }
  return [...waiting].filter((span) => span >= 0 && span !== own)
}

/** Whether a stack goes through the calls of a way. */
function isBelow({ stacks, frames }: FoldedProfile, stack: number, way: readonly Branch[]): boolean {
  const keys: string[] = []
  for (let at = stack; at >= 0; at = stacks[at]![0]) keys.push(keyOf(frames[stacks[at]![1]]!))
  return way.every(({ key }, depth) => keys.at(-1 - depth) === key)
}

/** The samples after the loop was idle last: between two calls of a timer it may rest before it is held up. */
function busyEnd(
  { profile: { samples, startUs }, idleUs }: BlockSources,
  { fromUs, toUs }: Stretch,
): FoldedProfile['samples'] {
  const beginUs = Math.max(fromUs, idleUs.findLast((us) => us < toUs - LEAST_BLOCK_US) ?? fromUs)
  return samples.filter(([afterUs, us]) => afterUs + startUs < toUs && afterUs + startUs + us > beginUs)
}

type Sample = FoldedProfile['samples'][number]
type Cause = Omit<LoopBlock, 'startUs' | 'endUs'> & { readonly span: number; readonly way: readonly Branch[] }

interface Branch {
  readonly key: string
  readonly frame: ProfileFrame
  us: number
  readonly lines: Map<number, number>
  readonly spans: Map<number, number>
  readonly below: Map<string, Branch>
}

function causeOf(
  profile: FoldedProfile,
  samples: FoldedProfile['samples'],
  us: number,
  places: Places,
): Cause | undefined {
  const way = heaviestWay(treeOf(profile, samples), us * LEAST_SHARE)
  const deepest = way.at(-1)
  if (deepest === undefined) return undefined
  const named = way.filter(({ frame }) => frame.file !== '' && !frame.file.startsWith('node:'))
  const place = named.findLast(({ frame }) => !/[\\/]node_modules[\\/]/.test(frame.file)) ?? named.at(-1)
  const span = heaviest(deepest.spans) ?? -1
  if (place === undefined) {
    // a machine that is busy with something else stops the program anywhere: in Node.js itself that is no cause
    return deepest.frame.name === COLLECTOR ? { callee: 'garbage collection', file: '', line: 0, span, way } : undefined
  }
  const { name, file, line: begins } = place.frame
  const called = way[way.indexOf(place) + 1]?.frame.name ?? ''
  // garbage is that of the function itself
  if (called !== '' && called !== COLLECTOR) {
    // V8 says which function was called, but not from which line
    return {
      callee: called.replace(/^(?:module\.)?exports\./, ''),
      file,
      line: places.callOf(file, begins, called) ?? begins,
      span,
      way,
    }
  }
  const line = heaviest(place.lines) ?? begins
  return { callee: places.calleeOf(file, line) ?? (name || 'a function'), file, line, span, way }
}

function treeOf({ stacks, frames }: FoldedProfile, samples: FoldedProfile['samples']): Map<string, Branch> {
  const roots = new Map<string, Branch>()
  for (const [, us, stack, span] of samples) {
    const way: number[] = []
    for (let at = stack; at >= 0; at = stacks[at]![0]) way.push(at)
    let level = roots
    for (const [depth, at] of way.reverse().entries()) {
      const [, frame, line] = stacks[at]!
      const branch = branchOf(level, frames[frame]!)
      branch.us += us
      branch.spans.set(span, (branch.spans.get(span) ?? 0) + us)
      if (depth === way.length - 1 && line > 0) branch.lines.set(line, (branch.lines.get(line) ?? 0) + us)
      level = branch.below
    }
  }
  return roots
}

function branchOf(level: Map<string, Branch>, frame: ProfileFrame): Branch {
  const key = keyOf(frame)
  const known = level.get(key)
  if (known) return known
  const branch = { key, frame, us: 0, lines: new Map(), spans: new Map(), below: new Map() }
  level.set(key, branch)
  return branch
}

const keyOf = ({ name, file, line }: ProfileFrame): string => `${name}\n${file}\n${line}`

/** From the outermost call in, as long as one call has this much of the time. */
function heaviestWay(roots: Map<string, Branch>, leastUs: number): Branch[] {
  const way: Branch[] = []
  for (let level = roots; ; level = way.at(-1)!.below) {
    const next = [...level.values()].find(({ us }) => us >= leastUs)
    if (next === undefined) return way
    way.push(next)
  }
}

function heaviest(weights: ReadonlyMap<number, number>): number | undefined {
  return [...weights].sort(([, a], [, b]) => b - a)[0]?.[0]
}
