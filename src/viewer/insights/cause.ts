/** One cause of trouble, summed over the traces that have it. */
import type { TraceRow } from '../store/traces.ts'
import type { KeptFinding } from './analyzer.ts'
import type { Finding } from './finding.ts'

const MAX_EVIDENCE = 5

export interface Cause {
  readonly finding: Finding
  count: number
  firstUs: number
  lastUs: number
  savingNs: number | null
  /** Trace id and span ids, newest first. */
  readonly evidence: (readonly [traceId: string, spanIds: readonly string[]])[]
}

export function causeOf(finding: Finding, atUs: number, evidence?: Cause['evidence'][number]): Cause {
  const { count, savingNs } = finding
  return { finding, count, firstUs: atUs, lastUs: atUs, savingNs, evidence: evidence ? [evidence] : [] }
}

export function addTo(cause: Cause, row: Pick<TraceRow, 'id' | 'start_us'>, kept: KeptFinding): void {
  cause.count += kept.c
  cause.firstUs = Math.min(cause.firstUs, row.start_us)
  cause.lastUs = Math.max(cause.lastUs, row.start_us)
  if (kept.s !== null) cause.savingNs = Math.max(cause.savingNs ?? 0, kept.s)
  if (cause.evidence.length < MAX_EVIDENCE) cause.evidence.push([row.id, kept.e])
}
