/** What a run did, and what changed since the run before, in a few lines. */
import type { ComparedOperation, ComparedQueries, ComparedRun, Insight, RunComparison, TraceSummary } from '../api.ts'
import { ago, digits, duration, plural } from '../format.ts'
import { clean, cutTo, widthOf } from './clean.ts'
import type { Screen } from './screen.ts'
import { shortAddress } from './trace-line.ts'

const MAX_LINES = 4

/** At the end of `dev`. Nothing when the run made no trace. */
export function runSummary(comparison: RunComparison, url: string, screen: Screen): string[] {
  const { a, b } = comparison
  if (b.traces === 0) return []
  const { paint } = screen
  const errors = `${b.failed} with an error`
  const nPlusOne = b.found['n+1'] ? [paint('yellow', `${b.found['n+1']} with an N+1`)] : []
  const counts = [didWhat(b), b.failed > 0 ? paint('red', errors) : errors, ...nPlusOne]
  const slowest = b.slowest ? [slowestLine(b.slowest, url, screen)] : []
  return [
    `${paint('bold', 'uptrace-node:')} ${counts.join(', ')}`,
    ...slowest,
    ...(a ? sinceBefore(comparison, a, screen) : []),
  ]
}

function slowestLine({ name, durationNs, traceId }: TraceSummary, url: string, screen: Screen): string {
  const rest = `  ${duration(durationNs)}  ${shortAddress(url, traceId)}`
  const room = screen.columns - widthOf(`  slowest: ${rest}`)
  return `  slowest: ${cutTo(clean(name, 200), Math.max(room, 1))}${rest}`
}

function sinceBefore(comparison: RunComparison, a: ComparedRun, screen: Screen): string[] {
  const changes = changesOf(comparison)
  const before = `  against the run before (${ago(a.firstUs)}):`
  if (changes.length === 0) return [`${before} ${screen.paint('dim', 'nothing that is more than chance')}`]
  const left = changes.length - MAX_LINES
  return [
    before,
    ...changes.slice(0, left === 1 ? undefined : MAX_LINES).map(({ text, isWorse }) => {
      const line = cutTo(`    ${text}`, screen.columns)
      return screen.paint(isWorse ? 'yellow' : 'green', line)
    }),
    ...(left > 1 ? [`    … ${left} more: uptrace-node compare`] : []),
  ]
}

export interface ChangeLine {
  readonly text: string
  readonly isWorse: boolean
}

/** All that is worse comes first. */
export function changesOf({ operations, findings, queries }: RunComparison): ChangeLine[] {
  const speed = operations.filter(({ verdict }) => verdict === 'slower' || verdict === 'faster').map(speedLine)
  const added = findings.added
    .filter(isTold)
    .map((insight) => ({ text: `new: ${findingText(insight)}`, isWorse: true }))
  const gone = findings.gone
    .filter(isTold)
    .map((insight) => ({ text: `gone: ${findingText(insight)}`, isWorse: false }))
  return [...added, ...speed, ...queries.map(queryLine), ...gone].sort((x, y) => Number(y.isWorse) - Number(x.isWorse))
}

function isTold({ kind, severity }: Insight): boolean {
  return kind === 'n+1' || (kind === 'errors' && severity === 'error')
}

export function findingText({ kind, title }: Pick<Insight, 'kind' | 'title'>): string {
  return `${kind === 'n+1' ? 'N+1, ' : ''}${clean(title, 300)}`
}

function speedLine({ name, verdict, a, b, pValue }: ComparedOperation): ChangeLine {
  const change = `${duration(a!.p50Ns)} → ${duration(b!.p50Ns)}`
  return {
    text: `${verdict}: ${clean(name, 200)}  ${change} (median, ${chanceText(pValue)})`,
    isWorse: verdict === 'slower',
  }
}

export function chanceText(pValue: number | null): string {
  if (pValue === null) return 'not tested'
  return pValue < 0.001 ? 'p < 0.001' : `p = ${pValue.toFixed(3)}`
}

function queryLine({ operation, statement, a, b }: ComparedQueries): ChangeLine {
  const change = b - a
  const text = `${digits(Math.abs(change))} ${Math.abs(change) === 1 ? 'query' : 'queries'} ${change > 0 ? 'more' : 'fewer'} a request`
  return { text: `${text}: ${clean(operation, 100)}  ${clean(statement, 200)}`, isWorse: change > 0 }
}

function didWhat({ traces, requests, sampled }: ComparedRun): string {
  const about = sampled === null ? '' : 'the newest '
  if (requests === traces) return about + plural(requests, 'request')
  return (
    about + (requests === 0 ? plural(traces, 'trace') : `${plural(traces, 'trace')}, ${plural(requests, 'request')}`)
  )
}
