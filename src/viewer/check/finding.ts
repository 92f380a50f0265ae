/** What `uptrace-node check` fails on. */
import path from 'node:path'

/** Kinds of findings, by the names that `--allow` takes. */
export const KINDS = ['n-plus-one', 'error', 'unclosed', 'budget', 'no-telemetry'] as const
export type CheckKind = (typeof KINDS)[number]

/** What a kind is called where nothing of it was found. */
export const TITLES: Readonly<Record<CheckKind, string>> = {
  'n-plus-one': 'no statement or call is made again and again for one request',
  error: 'no span ends with an error',
  unclosed: 'every span that was started has ended',
  budget: 'requests keep their budgets',
  'no-telemetry': 'the command sends telemetry',
}

export interface CheckFinding {
  readonly kind: CheckKind
  /** Findings of equal key are one. */
  readonly key: string
  readonly title: string
  readonly detail: string
  readonly service: string
  readonly operation: string | null
  /** How often it was found. */
  readonly count: number
  /** Where in the application, when that can be told. */
  readonly file: string | null
  readonly line: number | null
  /** A trace that shows it. */
  readonly traceId: string | null
}

/** File and line; within the folder of the command as an editor opens it. */
export function placeOf({ file, line }: CheckFinding): string | undefined {
  return file === null ? undefined : `${shortPath(file)}${line === null ? '' : `:${line}`}`
}

export function shortPath(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative
}

/** What is let pass: a kind, or a kind of one operation. */
export interface Allowance {
  readonly kind: CheckKind
  /** `*` stands for any text. */
  readonly operation: string | undefined
}

export function isAllowed(finding: CheckFinding, allowances: readonly Allowance[]): boolean {
  return allowances.some(
    ({ kind, operation }) =>
      kind === finding.kind && (operation === undefined || matchesName(operation, finding.operation ?? '')),
  )
}

/** Whether a name is the one that is written, in which `*` stands for any text. */
export function matchesName(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}
