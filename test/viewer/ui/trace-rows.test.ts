import { describe, expect, test } from 'vitest'
import type { TraceSummary } from '../../../src/viewer/api.ts'
import { isSameRow, type Row, rowsOf, singleRows } from '../../../src/viewer/ui/pages/traces/rows.ts'

const PLAIN = {
  service: 'web',
  name: 'GET /health',
  kind: 'server',
  status: 'unset',
  httpStatus: 200,
  errors: 0,
  badges: [],
  rootSpanId: 'r',
  matchedSpanId: null,
} as const
const traces = (...parts: readonly Partial<TraceSummary>[]): TraceSummary[] =>
  parts.map((part, index) => ({ ...PLAIN, traceId: `t${index}`, ...part }) as TraceSummary)
const textOf = (rows: readonly Row[]): string[] =>
  rows.map((row) =>
    row.kind === 'group' ? `×${row.traces.length}` : `${row.isMember ? '  ' : ''}${row.trace.traceId}`,
  )
const closed = new Set<string>()

describe('rows of the list of traces', () => {
  test('three equal traces that follow each other are one row, two are not', () => {
    expect(textOf(rowsOf(traces({}, {}, {}), closed))).toEqual(['×3'])
    expect(textOf(rowsOf(traces({}, {}), closed))).toEqual(['t0', 't1'])
  })

  test('others between them separate them', () => {
    const list = traces({}, {}, {}, { name: 'GET /' }, {}, {})
    expect(textOf(rowsOf(list, closed))).toEqual(['×3', 't3', 't4', 't5'])
  })

  test.for<[what: string, part: Partial<TraceSummary>]>([
    ['another service', { service: 'api' }],
    ['another name', { name: 'GET /' }],
    ['another status', { status: 'ok' }],
    ['another HTTP status', { httpStatus: 404 }],
    ['an error', { errors: 1 }],
    ['a finding', { badges: ['n+1'] }],
    ['no root', { rootSpanId: null }],
    ['a span that the query found', { matchedSpanId: 's' }],
  ])('a trace with %s stands alone', ([, part]) => {
    expect(textOf(rowsOf(traces({}, {}, {}, part, part, {}, {}, {}), closed))).toEqual(['×3', 't3', 't4', '×3'])
  })

  test('traces with findings never become one row, however equal', () => {
    expect(textOf(rowsOf(traces(...Array(5).fill({ badges: ['slow'] })), closed))).toHaveLength(5)
  })

  test('an open group shows its members below it, and stays open as it grows at both ends', () => {
    const list = traces({}, {}, {}, {}, {})
    const opened = new Set(['t2'])
    expect(textOf(rowsOf(list.slice(1, 4), opened))).toEqual(['×3', '  t1', '  t2', '  t3'])
    expect(textOf(rowsOf(list, opened))).toEqual(['×5', '  t0', '  t1', '  t2', '  t3', '  t4'])
  })

  test('the active row is found again in a group that has grown', () => {
    const rows = rowsOf(traces({}, {}, {}), new Set(['t1']))
    expect(rows.findIndex((row) => isSameRow(row, { kind: 'group', traceId: 't1' }))).toBe(0)
    expect(rows.findIndex((row) => isSameRow(row, { kind: 'trace', traceId: 't1' }))).toBe(2)
  })

  test('without grouping each trace has its row', () => {
    expect(textOf(singleRows(traces({}, {}, {})))).toEqual(['t0', 't1', 't2'])
  })
})
