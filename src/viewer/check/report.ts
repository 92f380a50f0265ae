/** The result of a check as lines for the terminal. */
import { type CheckFinding, type CheckKind, KINDS, placeOf } from './finding.ts'

export interface Report {
  readonly failed: readonly CheckFinding[]
  readonly allowed: readonly CheckFinding[]
  readonly traces: number
  readonly requests: number
  /** Remarks that are no findings. */
  readonly notes: readonly string[]
}

const HEADINGS: Readonly<Record<CheckKind, string>> = {
  'n-plus-one': 'N+1',
  error: 'Errors',
  unclosed: 'Never ended',
  budget: 'Over budget',
  'no-telemetry': 'No telemetry',
}

export function renderReport({ failed, allowed, traces, requests, notes }: Report): string {
  const sections = KINDS.flatMap((kind) => {
    const findings = failed.filter((finding) => finding.kind === kind)
    return findings.length === 0 ? [] : [`\n${HEADINGS[kind]}`, ...findings.flatMap(linesOf)]
  })
  const left = allowed.length === 0 ? '' : `, ${allowed.length} allowed`
  const verdict = failed.length === 0 ? 'passed' : `failed: ${plural(failed.length, 'finding')}`
  const sum = `\nuptrace-node check ${verdict}${left}; ${plural(traces, 'trace')}, ${plural(requests, 'request')}`
  return `${[...sections, ...notes.map((note) => `\nnote: ${note}`), sum].map(harmless).join('\n')}\n`
}

function linesOf(finding: CheckFinding): string[] {
  const { title, detail, count, traceId, service } = finding
  const at = placeOf(finding)
  const place = at === undefined ? '' : `\n      at ${at}`
  const times = count > 1 ? `  ×${count}` : ''
  const trace = traceId === null ? '' : `, trace ${traceId}`
  return [`  ✗ ${title}${times}${place}\n      ${detail}\n      ${service}${trace}`]
}

/** Texts come from programs: a terminal must not obey them. */
function harmless(text: string): string {
  return text.replace(/(?!\n)\p{C}/gu, ' ')
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
