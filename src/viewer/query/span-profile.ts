/** What ran on the event loop of a process while one of its spans was open: own code apart from that of others, as flames. */
import type { FlameNode, ProfileFrame, ProfileGroup, SpanBlock, SpanProfile } from '../api.ts'
import { HttpError } from '../receive/body.ts'
import { readProfiles, type StoredProfile } from '../store/profiles.ts'
import type { TraceRow } from '../store/traces.ts'
import { blocksOf, createOwnerNames } from './blocks.ts'
import type { Engine } from './engine.ts'
import { placeTrace } from './place-trace.ts'
import { buildTree } from './tree.ts'

/** Other traces that have a flame of their own; the rest is one. */
const MAX_OTHERS = 5
/** What takes less of a group is part of its caller's row only. */
const LEAST_SHARE = 0.002
const MAX_DEPTH = 200
/** Reading holds up the viewer; an hour has 3600 reports. */
const MOST_READ_MILLIS = 500

interface Group {
  readonly kind: ProfileGroup['kind']
  readonly traceId: string | null
  readonly spanId: string | null
  ns: number
  readonly roots: Map<string, Node>
}
interface Node {
  readonly frame: ProfileFrame
  ns: number
  selfNs: number
  readonly lines: Map<number, number>
  readonly below: Map<string, Node>
}

export function spanProfile(
  engine: Pick<Engine, 'store' | 'live'>,
  row: TraceRow,
  spanId: string,
  mostReadMillis = MOST_READ_MILLIS,
): SpanProfile {
  const placed = placeTrace(engine, row)
  const index = placed.spans.findIndex((candidate) => candidate.spanId === spanId.toLowerCase())
  const span = placed.spans[index]
  if (!span) throw new HttpError(404, 'span_not_found', 'This span has not arrived.')
  const { stored } = span
  const fromUs = stored.startUs + stored.startRemainderNs / 1000
  const toUs = fromUs + stored.durationNs / 1000
  const own = idsBelow(placed.spans, index)
  const { run } = stored.resource
  const groups = new Map<string, Group>()
  let intervalUs = 0
  let sampledUs = 0
  let lost = 0
  let truncated = false
  const readUntil = performance.now() + mostReadMillis
  for (const profile of readProfiles(engine.store.database, run, Math.floor(fromUs), Math.ceil(toUs))) {
    intervalUs = profile.intervalUs
    lost += profile.lost
    sampledUs += Math.max(Math.min(toUs, profile.endUs) - Math.max(fromUs, profile.startUs), 0)
    addSamples(groups, profile, fromUs, toUs, row.id, own)
    truncated = performance.now() > readUntil && profile.endUs < toUs
    if (truncated) break
  }
  const nameOf = createOwnerNames(engine.store)
  const blocks = blocksOf(engine.store, run, fromUs, toUs, nameOf).flatMap(({ block, ns, operation }): SpanBlock[] => {
    const { name: _, waiting, ...shown } = block
    const isOwn = block.traceId === row.id && own.has(block.spanId ?? '')
    return isOwn || waiting.includes(row.id) ? [{ ...shown, ns, operation, own: isOwn }] : []
  })
  return {
    intervalUs,
    durationNs: stored.durationNs,
    sampledNs: Math.round(Math.min(sampledUs * 1000, stored.durationNs)),
    groups: shownGroups([...groups.values()]).map(({ kind, traceId, spanId: first, ns, roots }) => ({
      kind,
      traceId,
      name: kind === 'other' && traceId !== null && first !== null ? nameOf(traceId, first) : null,
      ns: Math.round(ns),
      roots: flameOf(roots, ns * LEAST_SHARE, 0),
    })),
    blocks,
    lost,
    truncated,
  }
}

function idsBelow(spans: Parameters<typeof buildTree>[0], index: number): Set<string> {
  const tree = buildTree(spans)
  const ids = new Set<string>()
  const stack = [index]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    ids.add(spans[at]!.spanId)
    for (const child of tree.childrenOf(at)) stack.push(child)
  }
  return ids
}

function addSamples(
  groups: Map<string, Group>,
  { startUs, frames, stacks, spans, samples }: StoredProfile,
  fromUs: number,
  toUs: number,
  traceId: string,
  own: ReadonlySet<string>,
): void {
  for (const [afterUs, us, stack, span] of samples) {
    const ns = (Math.min(toUs, startUs + afterUs + us) - Math.max(fromUs, startUs + afterUs)) * 1000
    if (ns <= 0) continue
    const active = spans[span]
    const kind = kindOf(active, traceId, own)
    const key = kind === 'other' ? active!.traceId : kind
    let group = groups.get(key)
    if (!group) {
      const other = kind === 'other' ? active! : { traceId: null, spanId: null }
      group = { kind, traceId: other.traceId, spanId: other.spanId, ns: 0, roots: new Map() }
      groups.set(key, group)
    }
    group.ns += ns
    addStack(group.roots, wayOf(stacks, stack), frames, ns)
  }
}

function kindOf(
  active: StoredProfile['spans'][number] | undefined,
  traceId: string,
  own: ReadonlySet<string>,
): Group['kind'] {
  if (active === undefined) return 'none'
  if (active.traceId !== traceId) return 'other'
  return own.has(active.spanId) ? 'own' : 'trace'
}

/** From the outermost call in. */
function wayOf(stacks: StoredProfile['stacks'], stack: number): StoredProfile['stacks'] {
  const way: StoredProfile['stacks'][number][] = []
  for (let at = stack; at >= 0; at = stacks[at]![0]) way.push(stacks[at]!)
  return way.reverse().slice(0, MAX_DEPTH)
}

function addStack(
  roots: Map<string, Node>,
  way: StoredProfile['stacks'],
  frames: readonly ProfileFrame[],
  ns: number,
): void {
  let level = roots
  for (const [depth, [, index, line]] of way.entries()) {
    const frame = frames[index]!
    const key = `${frame.name}\n${frame.file}\n${frame.line}\n${frame.column}`
    let node = level.get(key)
    if (!node) {
      node = { frame, ns: 0, selfNs: 0, lines: new Map(), below: new Map() }
      level.set(key, node)
    }
    node.ns += ns
    if (depth === way.length - 1) {
      node.selfNs += ns
      if (line > 0) node.lines.set(line, (node.lines.get(line) ?? 0) + ns)
    }
    level = node.below
  }
}

function flameOf(level: ReadonlyMap<string, Node>, leastNs: number, depth: number): FlameNode[] {
  if (depth >= MAX_DEPTH) return []
  return [...level.values()]
    .filter(({ ns }) => ns >= leastNs)
    .sort((a, b) => b.ns - a.ns)
    .map(({ frame, ns, selfNs, lines, below }) => ({
      ...frame,
      ns: Math.round(ns),
      selfNs: Math.round(selfNs),
      hotLine: [...lines].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 0,
      children: flameOf(below, leastNs, depth + 1),
    }))
}

const ORDER: readonly Group['kind'][] = ['own', 'trace', 'other', 'none']

function shownGroups(groups: readonly Group[]): Group[] {
  const others = groups.filter(({ kind }) => kind === 'other').sort((a, b) => b.ns - a.ns)
  const rest = others.slice(MAX_OTHERS)
  const restNs = rest.reduce((sum, { ns }) => sum + ns, 0)
  const joined: Group[] =
    rest.length === 0 ? [] : [{ kind: 'other', traceId: null, spanId: null, ns: restNs, roots: joinRoots(rest) }]
  return [...groups.filter(({ kind }) => kind !== 'other'), ...others.slice(0, MAX_OTHERS), ...joined].sort(
    (a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || b.ns - a.ns,
  )
}

function joinRoots(groups: readonly Group[]): Map<string, Node> {
  const joined = new Map<string, Node>()
  const add = (into: Map<string, Node>, level: ReadonlyMap<string, Node>): void => {
    for (const [key, node] of level) {
      const known = into.get(key)
      if (!known) into.set(key, node)
      else {
        known.ns += node.ns
        known.selfNs += node.selfNs
        add(known.below, node.below)
      }
    }
  }
  for (const { roots } of groups) add(joined, roots)
  return joined
}
