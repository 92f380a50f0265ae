/** Finds what held up the event loop, and the requests that waited for it. */
import type { LoopBlock } from '../api.ts'
import { blocksOf, createOwnerNames, type MetBlock } from '../query/blocks.ts'
import { hasBlocks } from '../store/profiles.ts'
import type { Store } from '../store/store.ts'
import { type Finding, millis, queryFor, type TraceView } from './finding.ts'

/** Waiting less is not worth telling. */
const LEAST_WAIT_NS = 10_000_000
const MAX_SPANS = 200

/** What one trace has to do with the code at one place. */
interface Met extends MetBlock {
  readonly run: string
  readonly service: string
  readonly spanId: string
  readonly spanName: string
  readonly isOwn: boolean
}

export function findBlocked(store: Store, { traceId, spans, tree }: TraceView): Finding[] {
  if (!hasBlocks(store.database)) return []
  const nameOf = createOwnerNames(store)
  const met: Met[] = []
  let looked = 0
  for (const index of tree.order) {
    const span = spans[index]!
    const { stored } = span
    // a request waits, and what is below it waits with it
    const parent = spans[tree.parents[index]!]
    if (span.running || (parent && parent.stored.resource.run === stored.resource.run)) continue
    if (++looked > MAX_SPANS) break
    const startUs = stored.startUs + stored.startRemainderNs / 1000
    const toUs = startUs + stored.durationNs / 1000
    // a request that comes while the loop does not turn begins only afterwards: whoever called waits from before
    const callNs = parent === undefined ? 0 : Math.max(span.offsetNs - parent.offsetNs, 0)
    for (const one of blocksOf(store, stored.resource.run, startUs - callNs / 1000, toUs, nameOf))
      met.push({
        ...one,
        run: stored.resource.run,
        service: stored.service,
        spanId: stored.spanId,
        spanName: stored.name,
        isOwn: one.block.traceId === traceId,
      })
  }
  const told = met.filter(({ isOwn, ns, block }) => isOwn || (ns >= LEAST_WAIT_NS && block.waiting.includes(traceId)))
  return [...Map.groupBy(told, keyOf).entries()].map(([key, group]) => describe(key, oncePerBlock(group)))
}

/** Several requests of one trace may wait for one block. */
function oncePerBlock(group: readonly Met[]): Met[] {
  return [...Map.groupBy(group, ({ run, block }) => `${run}|${block.startUs}`).values()].map(longestOf)
}

const longestOf = (group: readonly Met[]): Met => group.reduce((most, one) => (one.ns > most.ns ? one : most))

const keyOf = ({ service, block }: Met): string => `blocked|${service}|${block.file}|${block.line}|${block.callee}`

function describe(key: string, group: readonly Met[]): Finding {
  const { service, spanId, spanName, isOwn, block, operation, ns } = longestOf(group)
  const sumNs = group.reduce((sum, one) => sum + one.ns, 0)
  const what = placeText(block)
  const whose = operation === null ? '' : `, of ${operation}`
  const times = group.length === 1 ? '' : `, ${millis(sumNs)} over ${group.length} times`
  return {
    key,
    kind: 'blocked',
    severity: 'warning',
    title: isOwn
      ? `The event loop was blocked for ${millis(ns)} by ${what}${whose}`
      : `Waited up to ${millis(ns)} behind ${what}${whose}`,
    detail: isOwn
      ? `While it ran, nothing else of ${service} could${times}.`
      : `${spanName} could not go on while it ran${times}. ${block.traceId === null ? 'No span was active in it.' : `It is trace ${block.traceId}.`}`,
    advice:
      'Cut the work into pieces, move it to a worker thread, or use an asynchronous or streaming form of the call.',
    service,
    operation: operation ?? spanName,
    count: 1,
    // whoever waits tells it best
    weight: Math.round(ns) + (isOwn ? 0 : 1e12),
    savingNs: isOwn ? null : sumNs,
    spanIds: [isOwn ? (block.spanId ?? spanId) : spanId],
    query: queryFor(service, spanName, 'badge:blocked'),
    badge: 'blocked',
    isTold: true,
  }
}

/** `JSON.parse in report.js:41`, and of a dependency with its name: `spin in slow-dep/lib/index.js:4`. */
export function placeText({ callee, file, line }: Pick<LoopBlock, 'callee' | 'file' | 'line'>): string {
  if (file === '') return callee
  const inPackage = /^.*[\\/]node_modules[\\/](?!\.)(.+)$/.exec(file)?.[1]?.replaceAll('\\', '/')
  return `${callee} in ${inPackage ?? file.split(/[\\/]/).at(-1)}${line > 0 ? `:${line}` : ''}`
}
