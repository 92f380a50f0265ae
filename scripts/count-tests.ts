/**
 * `node scripts/count-tests.ts <report.json> [<list of tests that may be skipped>]`: prints "<passed> <failed>" of a report of vitest. A test which
 * did not run counts as failed, unless the list names it: one full name a line, after a reason in a line that begins with #.
 */
import { readFileSync } from 'node:fs'

export interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly assertionResults: ReadonlyArray<{ readonly fullName: string; readonly status: string }>
  }>
}

export interface Counts {
  readonly passed: number
  readonly failed: number
  /** Why it is not green beside the tests that failed, one line each. */
  readonly complaints: readonly string[]
}

export function countTests({ testResults }: Report, mayBeSkipped: readonly string[]): Counts {
  let [passed, failed] = [0, 0]
  const complaints: string[] = []
  const unused = new Set(mayBeSkipped)
  for (const { name, status, assertionResults } of testResults) {
    for (const test of assertionResults) {
      unused.delete(test.fullName)
      if (test.status === 'passed') passed++
      else if (test.status === 'failed') failed++
      else if (!mayBeSkipped.includes(test.fullName)) {
        failed++
        complaints.push(`did not run (${test.status}): ${test.fullName} (${name})`)
      }
    }
    // a file that fails to load has no tests of its own
    if (status === 'failed' && assertionResults.every((test) => test.status !== 'failed')) {
      failed++
      complaints.push(`failed outside of its tests: ${name}`)
    }
  }
  for (const name of unused) complaints.push(`may be skipped, but there is no such test: ${name}`)
  return { passed, failed: failed + unused.size, complaints }
}

export const parseList = (text: string): string[] =>
  text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))

if (import.meta.main) {
  const [report, list] = process.argv.slice(2)
  const allowed = list === undefined ? [] : parseList(readFileSync(list, 'utf8'))
  const { passed, failed, complaints } = countTests(JSON.parse(readFileSync(report!, 'utf8')) as Report, allowed)
  for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
  process.stdout.write(`${passed} ${failed}\n`)
}
