/** Finds N+1: one statement or call made again and again while one request is served. */
import { ownersOf } from './ancestors.ts'
import { type Finding, millis, queryFor, shorten, type TraceView } from './finding.ts'

const LEAST_REPEATS = 5
const EVIDENCE = 3
/** Reading on from a cursor is how many rows are meant to be read. */
const CURSOR = /^(fetch|getmore|more|close|scroll|hscan|sscan|zscan|scan)\b/i
/** Connecting and waiting for a connection stand between repeats; transaction control repeats by itself. */
const PLUMBING =
  /(^|[.\s_-])(connect|acquire|pool|ping|hello|auth|select 1)\b|^(begin|start transaction|commit|rollback|savepoint|release|set|show|deallocate|discard)\b/i

export function findNPlusOne(trace: TraceView): Finding[] {
  const owners = ownersOf(trace)
  const groups = new Map<string, number[]>()
  for (const [index, { stored }] of trace.spans.entries()) {
    if (stored.kind !== 'client' || !isRepeatable(stored.system, stored.groupKey, stored.name)) continue
    const key = `${owners[index]}\n${stored.service}\n${stored.groupKey}`
    const group = groups.get(key)
    if (group) group.push(index)
    else groups.set(key, [index])
  }
  return [...groups.values()]
    .filter((group) => group.length >= LEAST_REPEATS)
    .map((group) => describe(trace, group, owners[group[0]!]!))
}

/** Whether a statement or call, made often, is a sign of something. */
export function isRepeatable(system: string, groupKey: string, name: string): boolean {
  if (system !== 'db' && system !== 'cache' && system !== 'http' && system !== 'rpc') return false
  if (system === 'http' || system === 'rpc') return true
  return ![groupKey, name].some((text) => PLUMBING.test(text)) && !CURSOR.test(groupKey)
}

function describe({ spans }: TraceView, group: readonly number[], ownerIndex: number): Finding {
  const { stored } = spans[group[0]!]!
  const owner = spans[ownerIndex]!.stored
  const statement = shorten(stored.groupKey)
  const { totalNs, coveredNs, longestNs } = timesOf(spans, group)
  return {
    key: `n+1|${stored.service}|${owner.name}|${stored.groupKey}`,
    kind: 'n+1',
    severity: 'warning',
    title: `${statement} is run again and again in ${owner.name}`,
    detail: `${owner.name} ran it up to ${group.length} times, ${millis(totalNs)} in sum. Each run is a round trip, and their number grows with the data.`,
    advice: adviceFor(stored.system),
    service: stored.service,
    operation: owner.name,
    count: 1,
    weight: group.length,
    savingNs: Math.max(coveredNs - longestNs, 0),
    spanIds: [owner.spanId, ...group.slice(0, EVIDENCE - 1).map((index) => spans[index]!.spanId)],
    query: queryFor(stored.service, owner.name, 'badge:n+1'),
    badge: 'n+1',
  }
}

function adviceFor(system: string): string {
  if (system === 'cache') return 'Ask for all keys at once: MGET, a pipeline, or a data loader.'
  if (system === 'db')
    return 'Ask for all rows at once: a join, `WHERE id IN (…)`, one multi-row insert, or a data loader.'
  return 'Ask for all items in one request, or remember answers that do not change.'
}

/** Repeats that run at the same time cost less than their sum. */
function timesOf(spans: TraceView['spans'], group: readonly number[]) {
  let totalNs = 0
  let coveredNs = 0
  let longestNs = 0
  let reached = Number.NEGATIVE_INFINITY
  for (const index of [...group].sort((a, b) => spans[a]!.offsetNs - spans[b]!.offsetNs)) {
    const { offsetNs, durationNs } = spans[index]!
    totalNs += durationNs
    longestNs = Math.max(longestNs, durationNs)
    coveredNs += Math.max(offsetNs + durationNs - Math.max(offsetNs, reached), 0)
    reached = Math.max(reached, offsetNs + durationNs)
  }
  return { totalNs, coveredNs, longestNs }
}
