/** `npm run test:faults`: runs the fault cases, prints them as a table and writes it to docs/reliability.md. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly assertionResults: ReadonlyArray<{
      title: string
      status: string
      meta: { fault?: { number: string; outcome: string } }
    }>
  }>
}

const root = path.join(import.meta.dirname, '../..')
const file = path.join(mkdtempSync(path.join(tmpdir(), 'uptrace-faults-')), 'report.json')
const document = path.join(root, 'docs/reliability.md')
const [BEGIN, END] = ['<!-- faults: begin -->', '<!-- faults: end -->']

let failed = false
try {
  execFileSync(
    process.execPath,
    [
      path.join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      'test/faults',
      '--reporter=json',
      `--outputFile=${file}`,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, OUTAGE_SECONDS: process.env.OUTAGE_SECONDS ?? '60' },
    },
  )
} catch {
  failed = true
}
const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report
const rows = testResults.flatMap(({ assertionResults }) =>
  assertionResults
    .filter(({ status }) => status !== 'skipped' && status !== 'pending')
    .map(({ title, status, meta }) => {
      const [, number = '', what = ''] = /^(\d+\w?(?: \([^)]*\))?) (.*)$/.exec(title) ?? []
      return `| ${number} | ${what} | ${status === 'passed' ? (meta.fault?.outcome ?? 'ok') : '**failed**'} |`
    }),
)
const numberOf = (row: string): number => Number(/\d+/.exec(row)?.[0])
const table = ['| # | case | outcome |', '|---|---|---|', ...rows.sort((a, b) => numberOf(a) - numberOf(b))].join('\n')
process.stdout.write(`${table}\n`)
if (failed) process.exitCode = 1
else {
  const text = readFileSync(document, 'utf8')
  writeFileSync(
    document,
    `${text.slice(0, text.indexOf(BEGIN) + BEGIN.length)}\n${table}\n${text.slice(text.indexOf(END))}`,
  )
}
