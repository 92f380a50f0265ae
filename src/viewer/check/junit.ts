/** The result of a check as JUnit XML, which CI systems show as tests. */
import { type CheckFinding, type CheckKind, KINDS, placeOf, shortPath, TITLES } from './finding.ts'

export interface CheckResults {
  readonly failed: readonly CheckFinding[]
  readonly allowed: readonly CheckFinding[]
  readonly durationMillis: number
}

/** A suite for each kind; a test for each finding, or one that passes where nothing was found. */
export function toJunit({ failed, allowed, durationMillis }: CheckResults): string {
  const seconds = (durationMillis / 1000).toFixed(3)
  const suites = KINDS.map((kind) => suiteOf(kind, failed, allowed))
  const tests = suites.reduce((sum, suite) => sum + suite.tests, 0)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="uptrace-node check" tests="${tests}" failures="${failed.length}" time="${seconds}">`,
    ...suites.map(({ text }) => text),
    '</testsuites>\n',
  ].join('\n')
}

function suiteOf(kind: CheckKind, failed: readonly CheckFinding[], allowed: readonly CheckFinding[]) {
  const [failures, skips] = [failed, allowed].map((all) => all.filter((finding) => finding.kind === kind))
  const cases = [
    ...failures!.map((finding) =>
      testCase(finding, `<failure message="${xml(finding.title)}">${textOf(finding)}</failure>`),
    ),
    ...skips!.map((finding) => testCase(finding, '<skipped message="allowed"/>')),
  ]
  if (cases.length === 0) cases.push(`    <testcase classname="uptrace-node.${kind}" name="${TITLES[kind]}"/>`)
  const text = `  <testsuite name="${kind}" tests="${cases.length}" failures="${failures!.length}" skipped="${skips!.length}">\n${cases.join('\n')}\n  </testsuite>`
  return { tests: cases.length, text }
}

function testCase({ kind, title, file, line }: CheckFinding, outcome: string): string {
  const place = file === null ? '' : ` file="${xml(shortPath(file))}"${line === null ? '' : ` line="${line}"`}`
  return `    <testcase classname="uptrace-node.${kind}" name="${xml(title)}"${place}>${outcome}</testcase>`
}

function textOf(finding: CheckFinding): string {
  const { detail, service, operation, count, traceId } = finding
  const at = placeOf(finding)
  const rows = [
    detail,
    at === undefined ? '' : `at ${at}`,
    `service ${service}${operation === null ? '' : `, operation ${operation}`}, found ${count} times`,
    traceId === null ? '' : `trace ${traceId}`,
  ]
  return xml(rows.filter((row) => row !== '').join('\n'))
}

/** Texts come from programs: XML takes no control characters, escaped or not. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
