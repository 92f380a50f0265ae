/** Runs the detectors that look at one trace. */
import type { Badge } from '../api.ts'
import type { Store } from '../store/store.ts'
import { findBlocked } from './blocked.ts'
import { findLostContext } from './broken-context.ts'
import { findErrors } from './errors.ts'
import type { Finding, TraceView } from './finding.ts'
import { findHygiene } from './hygiene.ts'
import { findNPlusOne } from './n-plus-one.ts'
import { findSequential } from './sequential.ts'
import { isSlow } from './slow.ts'
import { findOrphans, findSentOpen } from './structure.ts'

export interface Analysis {
  readonly findings: readonly Finding[]
  readonly badges: readonly Badge[]
}

/** @param usualNs median of the root's operation, or null while there are few calls */
export function analyzeTrace(store: Store, trace: TraceView, usualNs: number | null): Analysis {
  const findings = [
    ...findNPlusOne(trace),
    ...findSequential(trace),
    ...findErrors(trace),
    ...findOrphans(trace),
    ...findSentOpen(trace),
    ...findHygiene(trace),
    ...findLostContext(store, trace),
    ...findBlocked(store, trace),
  ]
  const badges = new Set(findings.flatMap(({ badge }) => badge ?? []))
  const root = trace.spans.find(({ parentSpanId }) => parentSpanId === null)
  if (!root || trace.tree.orphans.length > 0) badges.add('partial')
  if (root && isSlow(root.durationNs, usualNs)) badges.add('slow')
  return { findings, badges: [...badges] }
}
